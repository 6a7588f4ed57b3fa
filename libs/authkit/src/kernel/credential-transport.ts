/** How a client receives and presents tokens: in the JSON body and a header, or in HttpOnly cookies. */
export type CredentialTransport = 'bearer' | 'cookie';
