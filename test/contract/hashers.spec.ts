import { bcrypt } from 'nest-authkit';
import { argon2id } from 'nest-authkit/argon2';
import { passwordHasherContract } from 'nest-authkit/testing';

describe('bcrypt', () => {
  // passlib's own bcrypt-sha256 vector, and bcrypt hashes by libxcrypt (2y) and the bcrypt package (2b).
  const known = [
    {
      password: 'password',
      hash: '$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2',
    },
  ];
  it.each(passwordHasherContract(bcrypt({ cost: 4 }), { known }))('$name', ({ run }) => run());
});

describe('argon2id', () => {
  it.each(passwordHasherContract(argon2id({ memory: 64, passes: 1 })))('$name', ({ run }) => run());
});
