import { BadRequestException, Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';

const MAX_DEPTH = 32;

/**
 * Refuses what is nested so deep that ValidationPipe, which goes through it by recursion, would run out of stack and
 * answer 500.
 */
@Injectable()
export class ShallowBodyPipe implements PipeTransform {
  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    // What decorators give, such as a socket's client, was not sent by anybody, and may go round in circles.
    if (type === 'custom') return value;
    let level: unknown[] = [value];
    for (let depth = 0; level.length > 0; depth += 1) {
      if (depth > MAX_DEPTH) throw new BadRequestException('The body is nested too deep');
      level = level.flatMap((one) =>
        typeof one === 'object' && one !== null ? (Object.values(one) as unknown[]) : [],
      );
    }
    return value;
  }
}
