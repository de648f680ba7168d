//! Certificates for one server.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// Whose certificate a server shows, and what it wants of the client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Certificates {
    /// A certificate that an authority signed.
    Signed,
    /// A certificate of its own that says that it is an authority, as `openssl req -x509` makes it.
    SelfSigned,
    /// The same for another host.
    SelfSignedForAnother,
    /// Signed, and the client must show a certificate of the same authority.
    OfClients,
}

/// What a server with tls needs, and what its clients need; all but the configuration as PEM.
pub(crate) struct Made {
    /// The certificate that the client must trust.
    pub(crate) trusted: String,
    /// A certificate for the client, and its key.
    pub(crate) client: (String, String),
    pub(crate) config: Arc<ServerConfig>,
}

/// Makes certificates for `localhost` and `127.0.0.1`.
pub(crate) fn make(kind: Certificates) -> Made {
    let mut params = params("oca test authority");
    if kind == Certificates::SelfSignedForAnother {
        params.subject_alt_names = vec![SanType::DnsName("another.example.com".try_into().expect("a name"))];
    }
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let key = KeyPair::generate().expect("a key");
    let own = params.self_signed(&key).expect("a certificate");
    let own_key = key.serialize_der();
    let issuer = Issuer::new(params, key);
    let (client, client_key) = signed(&issuer, ExtendedKeyUsagePurpose::ClientAuth);
    let (server, server_key) =
        if matches!(kind, Certificates::SelfSigned | Certificates::SelfSignedForAnother) {
            (own.der().clone(), own_key)
        } else {
            let (server, key) = signed(&issuer, ExtendedKeyUsagePurpose::ServerAuth);
            (server.der().clone(), key.serialize_der())
        };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("protocol versions");
    let builder = if kind == Certificates::OfClients {
        let mut roots = RootCertStore::empty();
        roots.add(own.der().clone()).expect("an authority");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(server_key));
    let config = builder.with_single_cert(vec![server], key).expect("the key fits the certificate");
    Made { trusted: own.pem(), client: (client.pem(), client_key.serialize_pem()), config: Arc::new(config) }
}

fn params(name: &str) -> CertificateParams {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut params = CertificateParams::new(names).expect("valid names");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn signed(issuer: &Issuer<'_, KeyPair>, usage: ExtendedKeyUsagePurpose) -> (Certificate, KeyPair) {
    let mut params = params("oca test");
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().expect("a key");
    (params.signed_by(&key, issuer).expect("a certificate"), key)
}
