import { IsText } from '../is-text.decorator.js';

export class JoinDto {
  @IsText({ min: 1, max: 64 })
  room!: string;
}

export class MessageDto extends JoinDto {
  @IsText({ min: 1, max: 2000 })
  text!: string;
}

export class BroadcastDto {
  @IsText({ min: 1, max: 2000 })
  text!: string;
}
