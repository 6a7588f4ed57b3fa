/**
 * What Stryker leaves alone: texts that only people read and no code decides by. Conditions, blocks, arithmetic and
 * everything clients see stay.
 */
const ignorer = {
  shouldIgnore(path) {
    if (path.isDecorator() && /^(Api[A-Z]\w*|signedIn)$/.test(nameOf(path.node.expression))) return OPENAPI;
    if (path.isCallExpression() && /^Api[A-Z]\w*Response$/.test(nameOf(path.node))) return OPENAPI;
    if (path.isObjectProperty() && path.node.key.name === 'reason' && isText(path.node.value))
      return 'a reason told to operators only';
    if (path.isObjectExpression() && path.node.properties.length === 1 && isReason(path.node.properties[0]))
      return 'nothing but a reason told to operators';
    return undefined;
  },
};

export const strykerPlugins = [{ kind: 'Ignore', name: 'texts-for-people', value: ignorer }];

const OPENAPI = 'what the OpenAPI document says';
const nameOf = (expression) => (expression.type === 'CallExpression' ? (expression.callee.name ?? '') : '');
const isText = ({ type }) => type === 'StringLiteral' || type === 'TemplateLiteral';
const isReason = ({ type, key, value }) => type === 'ObjectProperty' && key.name === 'reason' && isText(value);
