//! Servers that do not come to an end: cut off in every protocol, before memory or disk are full.

use std::io::Write;

use sha1::{Digest, Sha1};

use crate::checkouts::repository;
use crate::daemon::Daemon;
use crate::env::Env;
use crate::loopback::Loopback;
use crate::server::{ALWAYS, Fault, Server};

const ENDLESS: &str = "caused by: the server sent too much data\nhint: check that `git ls-remote ";

#[test]
fn endless_answers_are_cut_off_in_protocol_2() {
    for (on, fault) in [
        ("ls-refs", Fault::EndlessRefs),
        ("upload-pack fetch", Fault::Endless),
        ("upload-pack fetch", Fault::EndlessPack),
    ] {
        let env = Env::new();
        repository(&env, "web");
        let server = Server::start(&env);
        env.declare_repos(&server.base(), &["web"]);
        server.fault(on, ALWAYS, fault);
        env.oca(&["lock"]).stderr_contains(ENDLESS).status(3);
        assert_eq!(server.count(on), 1);
    }
}

/// A pack of some 50 KB with deltas that stand for 268 MB each: too many of them for any processor.
fn bomb() -> Vec<u8> {
    let deflated = |data: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(data).and_then(|()| encoder.finish()).expect("memory takes every byte")
    };
    let mut pack = b"PACK\0\0\0\x02\0\0\0\xc9".to_vec();
    // A blob of 2^24 - 1 bytes.
    let base = vec![0; (1 << 24) - 1];
    let id = git2::Oid::hash_object(git2::ObjectType::Blob, &base).expect("an id");
    pack.extend([0xbf, 0xff, 0xff, 0x3f]);
    pack.extend(deflated(&base));
    for number in 0..200 {
        // The sizes of its base and of its result, then 16 copies of the base, then one byte.
        let mut delta = vec![0xff, 0xff, 0xff, 0x07, 0xf1, 0xff, 0xff, 0x7f];
        delta.extend([0xf0, 0xff, 0xff, 0xff].repeat(16));
        delta.extend([1, number]);
        let length = u8::try_from(delta.len()).expect("a short delta");
        pack.extend([0xf0 | (length & 15), length >> 4]);
        pack.extend(id.as_bytes());
        pack.extend(deflated(&delta));
    }
    let checksum = Sha1::digest(&pack);
    pack.extend(checksum);
    let packet = |piece: &[u8]| [format!("{:04x}\x01", piece.len() + 5).as_bytes(), piece].concat();
    let packets: Vec<u8> = pack.chunks(60_000).flat_map(packet).collect();
    [&b"000dpackfile\n"[..], &packets, b"0000"].concat()
}

#[test]
fn a_small_pack_that_unpacks_to_gigabytes_is_given_up() {
    let env = Env::new();
    repository(&env, "web");
    let server = Server::start(&env);
    env.declare_repos(&server.base(), &["web"]);
    server.fault("upload-pack fetch", ALWAYS, Fault::Says(bomb()));
    env.oca(&["lock"])
        .stderr_contains("caused by: the server sent a pack that takes too long to unpack\nhint: check that `git ls-remote ")
        .status(3);
    assert_eq!(server.count("upload-pack fetch"), 1, "it is not asked again");
}

#[test]
fn endless_answers_are_cut_off_in_protocol_0() {
    for (on, fault) in [
        ("GET /web.git/info/refs", Fault::Endless),
        ("GET /web.git/info/refs", Fault::EndlessRefs),
        ("POST /web.git/git-upload-pack done", Fault::Endless),
        ("POST /web.git/git-upload-pack done", Fault::EndlessPack),
    ] {
        let env = Env::new();
        repository(&env, "web");
        let server = Server::builder(&env).without_protocol_2().start();
        env.declare_repos(&server.base(), &["web"]);
        server.fault(on, ALWAYS, fault);
        env.oca(&["lock"]).stderr_contains(ENDLESS).status(3);
        assert!(!env.exists("oca.lock.json"));
    }
}

#[test]
fn a_daemon_that_talks_for_ever_is_cut_off() {
    let env = Env::new();
    let daemon = Loopback::start(|mut stream, _| {
        let chatter = b"0014\x02still counting\n".repeat(256);
        while stream.write_all(&chatter).is_ok() {}
    });
    env.declare_repos(&format!("git://127.0.0.1:{}", daemon.port()), &["web"]);
    env.oca(&["lock"]).stderr_contains(ENDLESS).status(3);
    assert_eq!(daemon.connections(), 1);
    let healthy = Daemon::start(&env);
    let web = repository(&env, "web");
    env.declare_repos(healthy.url("").trim_end_matches("/.git"), &["web"]);
    env.sync();
    env.assert_checkout("oca/web", &web.commit_of("18.0"));
}

#[cfg(unix)]
#[test]
fn an_ssh_that_talks_for_ever_is_cut_off() {
    use crate::ssh::FakeSsh;

    let env = Env::new();
    let ssh = FakeSsh::endless(&env);
    env.declare_repos("ssh://git@example.com", &["web"]);
    env.oca(&["lock"]).stderr_contains(ENDLESS).status(3);
    assert_eq!(ssh.calls().len(), 1);
}
