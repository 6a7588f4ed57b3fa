import { DefaultNamingStrategy } from 'typeorm';

/** Renames tables, columns and constraints alike. */
export class ShoutingNames extends DefaultNamingStrategy {
  override tableName(target: string, given: string | undefined): string {
    return `TBL_${(given ?? target).toUpperCase()}`;
  }
  override columnName(property: string, given: string | undefined): string {
    return `C_${(given ?? property).toUpperCase()}`;
  }
  override indexName(table: string, columns: string[]): string {
    return `ix_${String(table)}_${columns.join('_')}`;
  }
  override uniqueConstraintName(table: string, columns: string[]): string {
    return `un_${String(table)}_${columns.join('_')}`;
  }
  override foreignKeyName(table: string, columns: string[], referenced?: string): string {
    return `fk_${String(table)}_${columns.join('_')}_${referenced}`;
  }
}
