/** A hash made by another system's own library. */
export interface ForeignHash {
  /** What the kit calls the format. */
  scheme: string;
  hash: string;
  password: string;
  /** A password that the format cannot tell from the right one, or cuts to it, and that must fail all the same. */
  twin?: string;
}

export const DEVISE_PEPPER = '8f1d0e3c5a7b9e2d4c6f8a0b1c3d5e7f'.repeat(4);

/** Of the example that Firebase publishes with its scrypt (github.com/firebase/scrypt, README). */
export const FIREBASE = {
  signerKey: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  saltSeparator: 'Bw==',
  rounds: 8,
  memCost: 14,
};

const ASCII = 'correct horse battery';
/** Decomposed letters and an astral character: NFC would change it. */
const UNICODE = 'cre\u0300me bru\u0302le\u0301e \u{1F600}';
const LONG = `${'x'.repeat(80)} long`;
const LONG_TWIN = `${'x'.repeat(80)} lonG`;

const vectors = (scheme: string, passwords: readonly string[], hashes: string): ForeignHash[] =>
  hashes
    .trim()
    .split(/\s+/)
    .map((hash, i) => ({ scheme, hash, password: passwords[i], ...(passwords[i] === LONG && { twin: LONG_TWIN }) }));

/** What verifies without any option. */
export const KEYLESS: readonly ForeignHash[] = [
  // PHP 8.2.36, as Laravel does: php -r 'echo password_hash($argv[1], PASSWORD_BCRYPT, ["cost" => 4]);' -- "$PASSWORD"
  ...vectors(
    'bcrypt',
    [ASCII, UNICODE],
    `$2y$04$UHPSLBZ0RZuEOK1WFV0HDencXtY95xKnDJ6s0mQWPi6VfVMrm4Rmq
     $2y$04$vA2MIUwKUi9roaVMrx105OnSxmx/7dBbF9TI.PCTQXf8CJOJQzmUe`,
  ),
  // Devise 4.8.1, bcrypt 3.1.18, without a pepper:
  // ruby -rdevise -rdevise/encryptor -e 'puts Devise::Encryptor.digest(Struct.new(:stretches, :pepper).new(4, nil), ARGV[0])'
  ...vectors(
    'bcrypt',
    [ASCII, UNICODE, 'y'.repeat(70)],
    `$2a$04$uXHhEc9LZKD4pdTg0r.sA.tixXg/kXBkWM1ulbxHoeNIYauU9YQ0y
     $2a$04$nbbtG6Vv3P460H1mLlkpZuA68PTfxk3DQ18jCA4a3EakdSeseZrqa
     $2a$04$K5X23sdIZHMdvNT.XIDJ3.HLHDipiD2hlLGDQ/8FUmylfmRmB3ZSi`,
  ),
  // passlib 1.7.4: python3 -c 'import sys; from passlib.hash import bcrypt_sha256 as h;
  //   print(h.using(version=1, rounds=4, ident="2b").hash(sys.argv[1]))' "$PASSWORD"; then ident 2a, then version 2
  ...vectors(
    'bcrypt-sha256-v1',
    [ASCII, UNICODE, LONG],
    `$bcrypt-sha256$2b,4$Sksc6u6bg4M7KfIbwtPDy.$8/JQrsEKB.Mf/pmKl9dMGru8O3kgzge
     $bcrypt-sha256$2b,4$At3EtJ7VGGRkrjCQQTfNSu$TGzXFmxfX64FBujCIP/vPRLf3TehzbG
     $bcrypt-sha256$2b,4$IjHDFDWBL0leIhyRd.f28O$vVWmBDVkNBYsXu2hUSKHbka9JV0w4.e`,
  ),
  ...vectors(
    'bcrypt-sha256-v1',
    [ASCII, UNICODE, LONG],
    `$bcrypt-sha256$2a,4$p6T0nI0GwddHPjCvmjHCU.$EPsofCSCE8Dr8pCaSTHY7N0JYWqTkaC
     $bcrypt-sha256$2a,4$K/405acOCsjiEb2uYi/lcu$G0X91e3DmLudVdw8F3GLddaVdPzqyuW
     $bcrypt-sha256$2a,4$3D8ksf79lNCYitX/lU5pn.$E6s75MMXhdRE04qDVz49nlckaLg4HJm`,
  ),
  ...vectors(
    'bcrypt-sha256',
    [ASCII, UNICODE, LONG],
    `$bcrypt-sha256$v=2,t=2b,r=4$4S4zbjUMbMHUjqj9Z5CV.e$2/vJpmMEdmXH4zW6KSb.ij4rLodfg5i
     $bcrypt-sha256$v=2,t=2b,r=4$EMNiobx8GJDNkVdZjLDT/u$z42iMI8N7V/HHVac5bjRX7/p5sL5pVG
     $bcrypt-sha256$v=2,t=2b,r=4$ToUxB5miF3PcyKGF2GIvNO$Y2XuzBErqjPJr7EnIkEEZRNjQdUt.CO`,
  ),
  // passlib 1.7.4 on bcrypt: the same with `from passlib.hash import bcrypt` and h.using(rounds=4)
  ...vectors(
    'bcrypt',
    [ASCII, UNICODE],
    `$2b$04$em8KYytf1IHgcUeDSgwPkOjMaH68MLhuJay5iXeonATbJ.avHnGMq
     $2b$04$1Nu0sGYbIUsMwOzDYIiKoeVSZ.0heeN88BH3Cu0UbElCEHicRcqby`,
  ),
  // Django 3.2.25, then Django 5.2.17 with bcrypt 5.0.0: python3 -c 'import sys; from django.conf import settings;
  //   settings.configure(); from django.contrib.auth import hashers; h = hashers.PBKDF2PasswordHasher();
  //   print(h.encode(sys.argv[1], h.salt()))' "$PASSWORD"
  ...vectors(
    'django-pbkdf2-sha256',
    [ASCII, UNICODE, LONG],
    `pbkdf2_sha256$260000$WO5jOl1noAJPoFLYaCII77$FxaYiN1aAVi68wGIQ2KknqPjkCR+6Jho8OZfYU5ernk=
     pbkdf2_sha256$260000$lINZN2qomJYILZ8lpL33AB$I1neDDpfBy7j2PEMwJn21px/TcHjm/6WZTVDeBstI58=
     pbkdf2_sha256$260000$vX5RvX12mVp9mWEktKoYye$rZ07qGybCZd7UG7d0H7JloTgymAJ4VIAHaoHbL8usoQ=`,
  ),
  ...vectors(
    'django-pbkdf2-sha256',
    [ASCII],
    'pbkdf2_sha256$1000000$x4G2jpKD0lXNoNK9zuuo9j$B7sfBPPlqkwDr0S8QxuP5MCCL67mZvA3uW9zTLyk7Cg=',
  ),
  // The same with PBKDF2SHA1PasswordHasher
  ...vectors(
    'django-pbkdf2-sha1',
    [ASCII, UNICODE],
    `pbkdf2_sha1$260000$6EpR2dyyLYA8FSJjpPXCYV$HLHcDzAhfYt+A5O5QscMi6PM7Y0=
     pbkdf2_sha1$260000$NI9H9MCR9bt0ExlqNDdRqR$g2rGKO7Oai+nfbqNH3AUBEGNyTI=`,
  ),
  // The same with BCryptSHA256PasswordHasher and BCryptPasswordHasher, h.rounds = 4
  ...vectors(
    'django-bcrypt-sha256',
    [ASCII, UNICODE, LONG],
    `bcrypt_sha256$$2b$04$cCQanpIaPssM1xqow5vTSOUesBhRsX3o1TupKh/2mM6ot2SdSNX9W
     bcrypt_sha256$$2b$04$vDuDXzjsDhATQda97TNXCOtsBjm5.cEABJEye9FaItTnKcycT1FEO
     bcrypt_sha256$$2b$04$af/dga.vhO/2iGaDJjB4GeHAV/gKV4nvOgVxUHTaNvGc.6Yhy9F2q`,
  ),
  ...vectors(
    'django-bcrypt',
    [ASCII, UNICODE],
    `bcrypt$$2b$04$fEUkIlTc4Mt5FBjb9pWu1.kVOTu1JW1Q.fVSMutQ0BTZHpqDJB6li
     bcrypt$$2b$04$x303bx.JrRx3TJu.uaKf7ugyNuWATzT9iaezqfuB5vyQRvhnxkosy`,
  ),
  // Django 5.2.17, ScryptPasswordHasher
  ...vectors(
    'django-scrypt',
    [ASCII, UNICODE, LONG],
    `scrypt$16384$Qm8pPj6LhoWYXpYCOpSoQV$8$5$RvzCmdM4L23uNV9lm2IUdrmpTROprbgiUaKAvrYgyiugiB4COiZBqPFdTY4ZID/o2MNe+/6wl9+rMVUPFewtdQ==
     scrypt$16384$Dw8ihsRzoNpSZguf9WtQam$8$5$C1csKGbUfggybZTg4fcAKIDbZ9a6iy10yTMcow/fq7H7O+wWCS943EjLnY1OpD3i8DCyo21ab+bkw6+mrXpCxw==
     scrypt$16384$OIUfyFxcEpyZCJbO2lOa3l$8$5$iaaAlMxFPF/8iT/QySjGGlL8r4kOLaZdA+cfCyFqWTbukCZzORi71B55yFndvNu4Lzg/OEREJRP/u5MIHdIGCQ==`,
  ),
  // better-auth 1.7.25: node --input-type=module
  //   -e "import { hashPassword } from 'better-auth/crypto'; console.log(await hashPassword(process.argv[1]))" "$PASSWORD"
  ...vectors(
    'better-auth-scrypt',
    [ASCII, UNICODE, LONG, '\ufb01sh and chips'],
    `6737ccfa48b8279a47b2c10f99b24863:6c57bf75cb415efd3b47230283efeb294f79f46e492faa6a60ad3560fa1d852e3d0df5d7cd402d77882c4c00ef864531b2c76b168926519a27d3fa0be43f13d9
     3ae25561aa7bd078347c52d09dab3e41:592c4f15eb1515f86a06176d96521ae2c15231590eb6848e84b9206141297515265247a76813c7df39120a3422fdffc367c64e92fba834fbad6026ba058ee289
     287633bd065d8b8a96ec624cfd19b1c8:25f9bc43172bf68fb67f619ff36001d666eb7194a3ee07cf6ec5b65a2598dc1889338d6ccc8ad4e27d1a600271371feea1f4a3e1ce82f556fe7cd4b88aeac73f
     204c739a06806f3fa7f8b39b21f9eb1b:8733ce147e84236455c5fcc2889326d2efe2bce1ea451abe483893bf1c4424bc143a7ca13769541e1e398eeaac4fb3d7d996c03fc250a86d5a230bb1475180cd`,
  ),
];

/** What needs DEVISE_PEPPER or FIREBASE. */
export const KEYED: readonly ForeignHash[] = [
  // Devise 4.8.1, bcrypt 3.1.18, as above with DEVISE_PEPPER in the place of nil; stored as deviseHash() writes it.
  ...vectors(
    'devise-bcrypt',
    [ASCII, UNICODE, 'y'.repeat(70)],
    `$devise-bcrypt$2a$04$Jv6hkynCUsh0WRb/2BMmnOdCS1A7nA0TyxUK7mkMg8CQSmdn8.7zq
     $devise-bcrypt$2a$04$qyqY9iXSYSx/BZQrzzQhSOnQ34V5Oe77Srxar4y21c3C9LJb14xNu
     $devise-bcrypt$2a$04$Xe5FonN0KkRmRcdjFsTDoOSypa7bVm9jD8YvMZQLkGD6b7FZuCE6i`,
  ),
  // Firebase's published example, then firebase-scrypt 2.2.0 with FIREBASE: node
  //   -e "new (require('firebase-scrypt').FirebaseScrypt)(FIREBASE).hash(password, salt).then(console.log)"
  // stored as firebaseHash() writes it.
  ...vectors(
    'firebase-scrypt',
    ['user1password', ASCII, UNICODE, LONG],
    `$firebase-scrypt$42xEC-ixf3L2lw$lSrfV15cpx95_sZS2W9c9Kp6i_LVgQNDNC_qzrCnh1SAyZvqmZqAjTdn3aoItz-VHjoZilo78198JAdRuid5lQ
     $firebase-scrypt$F7FTvMDZo_hPZg$ZgXHrn-DU9wtulfqvVeAwlhMvvBIpSnXiQmhlmI0XvYrVk7yDi63a91mDm6UbwnIUp7KvSRua5kBLorwRI8PVQ
     $firebase-scrypt$lQxPLaKwEUm4LA$QRHH0XrWXOC-gZ1uXfAS9iuxCa8T_u7KFA2NURivxNeQJjH7QcY35E1TLovTkqagiCEu1lAtbK8skFp8Q77SjA
     $firebase-scrypt$PjHaWg7_DHSzvg$OKFIPHi5B9BNYjHRdsQq24KGa2MYBTgDS9HjZW4P36MRGwgT0ycnxsi4HGgBX2d5NgrzE9AG55OqIe4xY8ZxSw`,
  ),
];

/** What needs argon2id() among the hashers. */
export const ARGON2: readonly ForeignHash[] = [
  // PHP 8.2.36: php -r 'echo password_hash($argv[1], PASSWORD_ARGON2ID, ["memory_cost" => 1024, "time_cost" => 2, "threads" => 1]);'
  ...vectors(
    'argon2id',
    [ASCII, UNICODE],
    `$argon2id$v=19$m=1024,t=2,p=1$RzNNWnBnVlFDOHZjTm1RcQ$+RBYME+VAV8/kbC6k6WjdyizAC2c4jDAJa8xajFZVOU
     $argon2id$v=19$m=1024,t=2,p=1$Rk1POElPLnRBNHk4SVJGSA$8+GfNJs7pVQBu+GOLD37ZG/L2lzTdM9ggZ31ZUfvVhI`,
  ),
  // The same with PASSWORD_ARGON2I
  ...vectors(
    'argon2i',
    [ASCII, UNICODE],
    `$argon2i$v=19$m=1024,t=2,p=1$NzNUOFJWbDl3MGdKVDRCeg$W0M41qmRq3QwWEnVDWg5f97y2/4M3vuXwnhXt+B/CHI
     $argon2i$v=19$m=1024,t=2,p=1$cEkxcGlleVlmNnV6MmdRaw$2uUKf0mDw5qY+qVnFEDptV6mdxYuVP7Ei8UuiM1B320`,
  ),
  // passlib 1.7.4: python3 -c 'import sys; from passlib.hash import argon2 as h;
  //   print(h.using(type="ID", rounds=2, memory_cost=512, parallelism=2).hash(sys.argv[1]))' "$PASSWORD"; then type I, D
  ...vectors(
    'argon2id',
    [ASCII, UNICODE, LONG],
    `$argon2id$v=19$m=512,t=2,p=2$1frf+79XqjWGsNb6f2+N8Q$j8+9yzxYiNz3qpAnIEgTug
     $argon2id$v=19$m=512,t=2,p=2$EoIw5ty7l7I25tybEwIg5A$7Hlf5r+uAWdK5aoxj5hk1g
     $argon2id$v=19$m=512,t=2,p=2$ZkxJSam1VmrtnXPunTMGwA$Id0LyigNQoXIcOqs8vhGQw`,
  ),
  ...vectors(
    'argon2i',
    [ASCII, UNICODE, LONG],
    `$argon2i$v=19$m=512,t=2,p=2$QYiRUqr13ru3Vqq1FoIwxg$IYZt2H3d5+3X1Ag/eShGwQ
     $argon2i$v=19$m=512,t=2,p=2$v9caA8B4r7V2TknpvdcaQw$O0bRFH+/VJ+kP6MK2jOljw
     $argon2i$v=19$m=512,t=2,p=2$YKw1ZmztXUsJIcQYI4Tw/g$pENMf9q59+4CF+6XKbMrfQ`,
  ),
  ...vectors(
    'argon2d',
    [ASCII, UNICODE, LONG],
    `$argon2d$v=19$m=512,t=2,p=2$C2Fsbe09p9S611prTcnZWw$roGCCLJIpX2LLOgoqsoYAQ
     $argon2d$v=19$m=512,t=2,p=2$KEXIWWsthZCSUmotxfgfgw$czIbztbfX/9ReJcfCO8A0g
     $argon2d$v=19$m=512,t=2,p=2$X0vpvfc+h9A65zynVOrdOw$+dzEtcbY2tqOUwINtm3Ikg`,
  ),
  // Django 3.2.25 and 5.2.17 with argon2-cffi: as above with Argon2PasswordHasher
  ...vectors(
    'django-argon2id',
    [ASCII, UNICODE, LONG],
    `argon2$argon2id$v=19$m=102400,t=2,p=8$Y2ttYmVvazVYV1NiU2FBMkZYS0MzOA$a/w17CwOf+gjTDrNGuO9ug
     argon2$argon2id$v=19$m=102400,t=2,p=8$cmJ4YjFlVEp6VE0zWlVCQ1V1aFZhcQ$2fJeichzwGOs4AtClu2LOw
     argon2$argon2id$v=19$m=102400,t=2,p=8$Mk9GQnJvaWxBSlNhVDFLQ1YxRFFCeQ$a7Jvxxf4JznrOzprGEcL8+r3EUf3G8YpEoRm10uKFYk`,
  ),
];

const ALPHABETS = ['0123456789abcdef', './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_'];

/** The hash with one bit of its digest changed; still well-formed. */
export function withOneBitChanged(hash: string): string {
  const at = hash.length - 8;
  const alphabet = /:[0-9a-f]+$/.test(hash) ? ALPHABETS[0] : ALPHABETS[1];
  return hash.slice(0, at) + alphabet[alphabet.indexOf(hash[at]) ^ 1] + hash.slice(at + 1);
}
