/** What is needed of the TestingModuleBuilder of `@nestjs/testing`, which this package does not import. */
export interface OverridableModule {
  overrideProvider(token: unknown): {
    useValue(value: unknown): unknown;
    useFactory(options: { factory: (...dependencies: never[]) => unknown; inject?: unknown[] }): unknown;
  };
}
