import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { Authenticated, CurrentPrincipal, Permissions, type Principal } from 'nest-authkit';
import { PageDto } from '../page.dto.js';
import { CreateNoteDto, EditNoteDto, NoteDto } from './note.dto.js';
import { NotesService } from './notes.service.js';

@ApiTags('notes')
@Controller('notes')
@Authenticated()
@ApiBadRequestResponse({ description: 'A value is missing or not valid.' })
export class NotesController {
  constructor(private readonly notes: NotesService) {}

  @Get()
  @ApiOperation({ summary: 'My notes, newest first' })
  @ApiOkResponse({ type: [NoteDto] })
  async listOwn(@CurrentPrincipal() who: Principal, @Query() page: PageDto): Promise<NoteDto[]> {
    return (await this.notes.listOwn(who, page)).map((note) => NoteDto.of(note));
  }

  @Get('all')
  @Permissions('notes:read')
  @ApiOperation({ summary: "Everybody's notes, for editors" })
  @ApiOkResponse({ type: [NoteDto] })
  async listAll(@Query() page: PageDto): Promise<NoteDto[]> {
    return (await this.notes.listAll(page)).map((note) => NoteDto.of(note));
  }

  @Post()
  @ApiOperation({ summary: 'Write a note' })
  @ApiCreatedResponse({ type: NoteDto })
  async create(@CurrentPrincipal() who: Principal, @Body() body: CreateNoteDto): Promise<NoteDto> {
    return NoteDto.of(await this.notes.create(who, body));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read a note: mine, or any for editors' })
  @ApiOkResponse({ type: NoteDto })
  @ApiNotFoundResponse({ description: 'There is none, or it is not for the caller to know.' })
  async get(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<NoteDto> {
    return NoteDto.of(await this.notes.get(who, id));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Edit a note of mine' })
  @ApiOkResponse({ type: NoteDto })
  @ApiNotFoundResponse({ description: 'There is none, or it is not for the caller to know.' })
  async edit(
    @CurrentPrincipal() who: Principal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() body: EditNoteDto,
  ): Promise<NoteDto> {
    return NoteDto.of(await this.notes.edit(who, id, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a note: mine, or any for admins' })
  @ApiNoContentResponse()
  @ApiNotFoundResponse({ description: 'There is none, or it is not for the caller to know.' })
  async delete(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    await this.notes.delete(who, id);
  }
}
