// Entry point nest-authkit/passport.
export {};
