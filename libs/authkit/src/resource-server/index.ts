// Entry point nest-authkit/resource-server.
export {};
