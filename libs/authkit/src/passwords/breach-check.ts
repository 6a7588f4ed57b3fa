/** Knows passwords that are in other people's hands; the option `passwords.breachCheck`. */
export abstract class BreachCheck {
  /** Whether this password (NFC) is known from a breach. What it throws is an event, and lets the password pass. */
  abstract isBreached(password: string): Promise<boolean>;
}
