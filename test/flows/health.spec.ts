import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { AuthKitHealthIndicator, Public, RevocationBus, type BusLine } from 'nest-authkit';
import { createTestApp, describeOn, type TestApp } from '../support/test-app.js';

/** As docs/guides/several-nodes.md has it. */
@Public()
@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly authKit: AuthKitHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.authKit.isHealthy()]);
  }
}

class QuietBus extends RevocationBus {
  line?: BusLine;

  override open(line: BusLine): Promise<void> {
    if (this.line) return Promise.reject(new Error('away'));
    this.line = line;
    return Promise.resolve();
  }

  override publish(): Promise<void> {
    return Promise.resolve();
  }

  override close(): void {
    // Nothing was begun.
  }
}

describeOn('the health check of @nestjs/terminus', {}, ({ adapter }) => {
  let t: TestApp;
  const bus = new QuietBus();
  beforeAll(async () => {
    t = await createTestApp({
      adapter,
      authkit: { bus },
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
    });
  });
  afterAll(() => t.close());
  const report = async () => {
    const { status, body } = await t.client.get('/health');
    return { status, kit: (body as { details: { authkit: unknown } }).details.authkit };
  };

  it('is up, with a warning while the bus is down, and down when the node cannot decide from what it knows', async () => {
    expect(await report()).toEqual({ status: 200, kit: { status: 'up' } });
    bus.line!.lost('reset');
    const warnings = ['the bus is down; changes by other nodes are seen within 5000 ms'];
    expect(await report()).toEqual({ status: 200, kit: { status: 'up', warnings } });
    t.clock.advance(5_000);
    const problems = ['the change feed has not been read lately; every request reads its session'];
    expect(await report()).toEqual({ status: 503, kit: { status: 'down', problems, warnings } });
  });
});
