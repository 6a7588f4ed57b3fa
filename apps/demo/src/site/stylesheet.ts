/** What the demo's pages add to the kit's stylesheet. */
export const STYLESHEET = `.card.wide {
  max-width: 680px;
  align-self: start;
}

.brand a {
  color: inherit;
  text-decoration: none;
}

.card > .buttons {
  margin: 24px 0 0;
}

.card > section {
  margin-top: 32px;
  padding-top: 24px;
  border-top: 1px solid var(--authkit-line);
}

.card > section h2 {
  margin-bottom: 0;
}

.card > section .list {
  margin-bottom: 0;
}

.card > section + section .list li:last-child {
  padding-bottom: 0;
}

.mails {
  display: grid;
  gap: 16px;
  margin: 24px 0 0;
  padding: 0;
  list-style: none;
}

.mail {
  padding: 20px;
  border: 1px solid var(--authkit-line);
  border-radius: var(--authkit-radius);
}

.mail h2 {
  margin: 0 0 2px;
}

.mail .quiet,
.mail .text {
  overflow-wrap: anywhere;
}

.mail .text {
  margin-top: 14px;
  white-space: pre-line;
}

@media (max-width: 480px) {
  .mail {
    padding: 16px;
  }
}
`;
