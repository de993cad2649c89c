/** Where parameters are kept, by their names. Every promise that resolves is on disk. */
export interface ParameterDao {
  list(): Promise<ReadonlyMap<string, string>>;
  /** null takes it away. */
  set(name: string, value: string | null): Promise<void>;
}
