/** What the demo adds to the kit's stylesheet, for its own pages and for the kit's. */
export const STYLESHEET = `.card.wide {
  max-width: 680px;
  align-self: start;
}

.brand a {
  color: inherit;
  text-decoration: none;
}

.wide > .buttons {
  margin: 24px 0 0;
}

.wide > section {
  margin-top: 32px;
  padding-top: 24px;
  border-top: 1px solid var(--authkit-line);
}

.wide > section h2 {
  margin-bottom: 0;
}

.wide > section .list {
  margin-bottom: 0;
}

.wide > section .list li:last-child {
  padding-bottom: 0;
}

.mails {
  display: grid;
  gap: 16px;
  margin: 24px 0 0;
  padding: 0;
  list-style: none;
}

.mail {
  padding: 20px;
  border: 1px solid var(--authkit-line);
  border-radius: var(--authkit-radius);
}

.mail h2 {
  margin: 0 0 2px;
}

.mail .quiet,
.mail .text {
  overflow-wrap: anywhere;
}

.mail .text {
  margin-top: 14px;
  white-space: pre-line;
}

@media (max-width: 480px) {
  .mail {
    padding: 16px;
  }
}
`;
