/** Why the command could not do what it was asked; for people to read, without a stack. */
export class Trouble extends Error {}
