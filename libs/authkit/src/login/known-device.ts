/** A device on which this user has signed in before. Whoever makes one has verified the device's proof. */
export abstract class KnownDevice {
  abstract readonly userId: string;
  /** Never a secret. */
  abstract readonly id: string;
}
