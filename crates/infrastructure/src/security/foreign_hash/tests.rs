use super::*;

const PASSWORD: &[u8] = "päss wörd 1".as_bytes();

fn verdict(stored: &str, password: &[u8]) -> Option<bool> {
    ForeignHash::read(stored).map(|hash| hash.matches(password))
}

#[test]
fn hashes_of_other_applications_match_their_password_and_no_other() {
    // All made by passlib 1.7, bcrypt 5.0, werkzeug 3.1 and hashlib; written as Django does, too.
    for stored in [
        "$2a$05$sc8FccFjox6cl1/iRMupVO2dM.ska42JQMJzNEXqtlYwFhcgTWNqO",
        "$2b$05$UWPDxhC2WsTEU8aNeoS9Pe.XaokKVY7tJHuHMP8ebipZxfYg4XyCC",
        "$2y$05$UWPDxhC2WsTEU8aNeoS9Pe.XaokKVY7tJHuHMP8ebipZxfYg4XyCC",
        "$2x$05$UWPDxhC2WsTEU8aNeoS9Pe.XaokKVY7tJHuHMP8ebipZxfYg4XyCC",
        "$scrypt$ln=10,r=8,p=2$27uX0jonBIBwDmEsJaSUkg$x8/DczIlacsY1XZmikQrp1Ln1ufObLDtpzt9J4flPpU",
        "$pbkdf2-sha256$1000$b61Vao3xPkcIYcz5H8OYUw$SiXqPYtML2DzCmeQUOvg5RXDqHii/j11Yp0Sl8nLIfg",
        "$pbkdf2-sha512$1000$2Nsb4/wfw7gXgjCGUMqZsw$SbBjO9XxjQ0PZP2z05WE.tX4wiml51XhxxEXHHbBEfihrdpuoVaf91niYqqTwXlGyJCXRhy.Woiea0Eg6va47g",
        "$pbkdf2$1000$11pLqdX6f8/5nzOm9H7vXQ$z512kAswUx7l8buXUlOEggYqNpA",
        "$pbkdf2-sha256$i=1000,l=32$c29tZXNhbHRzb21lc2FsdA$AsKP4+qS376cx68lXJHAor3+phcl7UqWnQYobyB77Hg",
        "$pbkdf2-sha512$i=1000$c29tZXNhbHRzb21lc2FsdA$PzlwMYp9rqtYMiKbMWmKKz4vtLtlOyQ6fJiE6pKwAcC+SsDUcpWiDTQzIM+108nnMQJM1tGGWreViCh3JK6b4w",
        "pbkdf2_sha256$1000$YSHEAaSWllz5$haUt1w7oeus/v+LrErfCDAZgcRRYzxpXoTlz8Mj20jU=",
        "pbkdf2_sha1$1000$RKgwMq2TZlct$eO8ObaHFlbCwlKmCy1sn+ACj+kI=",
        "bcrypt$$2b$05$UWPDxhC2WsTEU8aNeoS9Pe.XaokKVY7tJHuHMP8ebipZxfYg4XyCC",
        "bcrypt_sha256$$2b$05$UWPDxhC2WsTEU8aNeoS9Pel/x1geHbmT8dNBIKE3CsDP6grmiqcrW",
        "scrypt$1024$YSHEAAaSWllz5$8$1$x4mw4yTqGQ0PLXKumshS41dc5FaVDoLIJIfMvJG8ighMzIiVuBg0AUkOSi5BDkKgiCEdJQPA6giGfE1g6n6CSQ==",
        "scrypt:1024:8:1$XVncTQbM6eHfSyRL$354d0d14035af6ac6cf860c236c2466970e90ebd7a8dec3c5a21cf15424ccd99af9896cf0d8d052fcbe8e2bfd81d61394f071bec98f3bbaab38c6417e99c5c11",
        "pbkdf2:sha256:1000$JUjr2FPepoYMmu0u$0692b7329490b538ce4c16568162f70b605efde0b04b2f45824f99489a4e31ae",
        "pbkdf2:sha512:1000$5FKZX8RZfp9NWpyT$096a8dee98993b11ea018e527c240eee963ed8d84c448003c47c3db175fb7c2062da6ad22b1ac80b8e57a33625e0feae2f0dd5e8ffaaa41abb7a49c50b12b79f",
        "pbkdf2:sha1:1000$tOQD74rRPL43cPfE$88e7c9ea7dc0bc2201278d26ab423223ad68c560",
    ] {
        assert_eq!(verdict(stored, PASSWORD), Some(true), "{stored}");
        assert_eq!(verdict(stored, b"another one"), Some(false), "{stored}");
        assert_eq!(verdict(stored, b""), Some(false), "{stored}");
        let salted = stored.replacen(['Y', 'U', 'c', '2', 'b', '1'], "x", 1);
        assert_ne!(verdict(&salted, PASSWORD), Some(true), "{salted}");
    }
}

#[test]
fn the_vectors_of_the_rfcs_match() {
    // RFC 7914, sections 11 and 12: PBKDF2-HMAC-SHA-256 and scrypt, written as werkzeug does.
    let pbkdf2 = "pbkdf2:sha256:80000$NaCl$4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d";
    assert_eq!(verdict(pbkdf2, b"Password"), Some(true));
    let scrypt = "scrypt:1024:8:16$NaCl$fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640";
    assert_eq!(verdict(scrypt, b"password"), Some(true));
    // RFC 6070: PBKDF2-HMAC-SHA-1.
    let sha1 = "pbkdf2:sha1:4096$salt$4b007901b765489abead49d926f721d065a429c1";
    assert_eq!(verdict(sha1, b"password"), Some(true));
}

#[test]
fn bcrypt_reads_72_bytes_and_stops_at_a_nul_as_it_always_did() {
    let stored = "$2b$04$lblswUusIXu1z40vCQpPeuvyxvWCeS.n2osfSTAomVt2ETTnXhBrG";
    assert_eq!(verdict(stored, &[b'x'; 72]), Some(true));
    assert_eq!(verdict(stored, &[b'x'; 100]), Some(true));
    assert_eq!(verdict(stored, &[b'x'; 71]), Some(false));
    let stored = "$2a$05$sc8FccFjox6cl1/iRMupVO2dM.ska42JQMJzNEXqtlYwFhcgTWNqO";
    assert_eq!(verdict(stored, &[PASSWORD, b"\0more"].concat()), Some(true));
}

#[test]
fn a_hash_that_would_cost_too_much_is_not_checked() {
    let hash = "A".repeat(43);
    let hex = "00".repeat(64);
    for stored in [
        "$2b$16$UWPDxhC2WsTEU8aNeoS9Pe.XaokKVY7tJHuHMP8ebipZxfYg4XyCC",
        "$2b$31$UWPDxhC2WsTEU8aNeoS9Pe.XaokKVY7tJHuHMP8ebipZxfYg4XyCC",
        &format!("$scrypt$ln=18,r=8,p=1$c2FsdHNhbHQ${hash}"),
        &format!("$scrypt$ln=17,r=8,p=4$c2FsdHNhbHQ${hash}"),
        &format!("$scrypt$ln=4,r=8,p=17$c2FsdHNhbHQ${hash}"),
        &format!("$scrypt$ln=63,r=8,p=1$c2FsdHNhbHQ${hash}"),
        &format!("$scrypt$ln=1,r=4294967295,p=4294967295$c2FsdHNhbHQ${hash}"),
        &format!("scrypt:9223372036854775808:8:1$salt${hex}"),
        &format!("$pbkdf2-sha256$4000001$c2FsdHNhbHQ${hash}"),
        &format!("pbkdf2:sha256:2000001$salt${hex}"),
        &format!("pbkdf2:sha256:4294967295$salt${hex}"),
    ] {
        assert!(ForeignHash::read(stored).is_none(), "{stored}");
    }
}

#[test]
fn what_applications_make_by_default_is_bearable() {
    for stored in [
        "$2b$14$UWPDxhC2WsTEU8aNeoS9Pe.XaokKVY7tJHuHMP8ebipZxfYg4XyCC".to_owned(),
        format!("$scrypt$ln=16,r=8,p=1$c2FsdHNhbHQ${}", "A".repeat(43)),
        format!("$scrypt$ln=17,r=8,p=1$c2FsdHNhbHQ${}", "A".repeat(43)),
        format!("scrypt:32768:8:1$salt${}", "00".repeat(64)),
        format!("pbkdf2_sha256$1200000$salt${}=", "A".repeat(43)),
        format!("pbkdf2:sha256:1000000$salt${}", "00".repeat(32)),
    ] {
        assert!(ForeignHash::read(&stored).is_some(), "{stored}");
    }
}

#[test]
fn anything_else_is_no_hash() {
    let hash = "A".repeat(43);
    for stored in [
        "",
        "$",
        "$$$$",
        "plain text",
        "é$é$é$é",
        "$1$salt$hash",
        "$2b$12$",
        "$2b$12$short",
        "$2b$03$UWPDxhC2WsTEU8aNeoS9Pe.XaokKVY7tJHuHMP8ebipZxfYg4XyCC",
        "$2b$32$UWPDxhC2WsTEU8aNeoS9Pe.XaokKVY7tJHuHMP8ebipZxfYg4XyCC",
        "$2b$05$UWPDxhC2WsTEU8aNeoS9Pe.XaokKVY7tJHuHMP8ebipZxfYg4XyC",
        "$2b$05$UWPDxhC2WsTEU8aNeoS9P é.XaokKVY7tJHuHMP8ebipZxfYg4Xy",
        "$2z$05$UWPDxhC2WsTEU8aNeoS9Pe.XaokKVY7tJHuHMP8ebipZxfYg4XyCC",
        "$scrypt$ln=10,r=8$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=10,r=0,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=10,r=8,p=1,x=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=10,r=8,p=1$c2FsdHNhbHQ$AA",
        "$pbkdf2-sha256$0$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha256$-1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-md5$1000$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "pbkdf2:md5:1000$salt$00000000000000000000000000000000",
        "pbkdf2:sha256:1000$salt$",
        "pbkdf2:sha256:1000$salt$000000000000000000000000000000000",
        "pbkdf2:sha256:1000$salt$zz000000000000000000000000000000",
        "pbkdf2:sha256:1000$salt$+f+f+f+f+f+f+f+f+f+f+f+f+f+f+f+f",
        "pbkdf2:sha256:1000$salt$0000000000000000000000000000000é",
        "scrypt:1000:8:1$salt$00000000000000000000000000000000",
        "scrypt:0:8:1$salt$00000000000000000000000000000000",
        &format!("pbkdf2:sha256:1000$salt${}", "00".repeat(65)),
        "scrypt$1000$salt$8$1$AAAAAAAAAAAAAAAAAAAAAA==",
        "scrypt$1024$salt$8$AAAAAAAAAAAAAAAAAAAAAA==",
        "bcrypt_sha256$pbkdf2_sha256$1000$YSHEAAaSWllz5$haUt1w7oeus/v+LrErfCDAZgcRRYzxpXoTlz8Mj20jU=",
        "bcrypt_sha256$",
        &format!("argon2:1:1:1$salt${hash}"),
    ] {
        assert!(ForeignHash::read(stored).is_none(), "{stored}");
    }
}
