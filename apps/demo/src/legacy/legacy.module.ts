import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { User } from '../users/user.entity.js';
import { LegacyMember } from './legacy-member.entity.js';
import { LegacyStrategy } from './legacy.strategy.js';
import { SampleMember } from './sample-member.js';

@Module({
  imports: [TypeOrmModule.forFeature([LegacyMember, User])],
  providers: [LegacyStrategy, SampleMember],
})
export class LegacyModule {}
