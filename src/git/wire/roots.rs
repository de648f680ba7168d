//! The trusted certificate authorities. Each file is checked before it is read: oca would wait for a pipe for ever, and
//! a device may have no end.

use std::env;
use std::io;
use std::path::Path;

use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use crate::fs::{read, refuse_no_file};
use crate::git::Error;

/// A file of certificates and the setting that names it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Named {
    pub(super) setting: &'static str,
    pub(super) file: String,
}

/// The roots of the platform (including `SSL_CERT_FILE` and `SSL_CERT_DIR`) and those of the file in git's settings. If
/// there are none, compiled-in roots.
pub(super) fn roots(named: Option<&Named>) -> Result<RootCerts, Error> {
    refuse_variables()?;
    let native = rustls_native_certs::load_native_certs().certs;
    let mut roots: Vec<Certificate<'static>> =
        native.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    if let Some(Named { setting, file }) = named {
        let path = Path::new(file);
        let pem = read(path).map_err(|error| unreadable(setting, path, &error))?;
        roots.extend(parse_pem(&pem).filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        }));
    }
    Ok(if roots.is_empty() { RootCerts::WebPki } else { RootCerts::new_with_certs(&roots) })
}

/// Refuses pipes and devices in `SSL_CERT_FILE`, and files in `SSL_CERT_DIR`. A missing file is not an error: some
/// environments name a missing file on purpose, so that no authority is trusted.
fn refuse_variables() -> Result<(), Error> {
    if let Some(file) = env::var_os("SSL_CERT_FILE") {
        let path = Path::new(&file);
        refuse_no_file(path).map_err(|error| unreadable("SSL_CERT_FILE", path, &error.source))?;
    }
    for directory in env::var_os("SSL_CERT_DIR").iter().flat_map(env::split_paths) {
        if directory.exists() && !directory.is_dir() {
            let error = io::Error::new(io::ErrorKind::NotADirectory, "it is not a directory");
            return Err(unreadable("SSL_CERT_DIR", &directory, &error));
        }
    }
    Ok(())
}

fn unreadable(setting: &'static str, path: &Path, error: &io::Error) -> Error {
    Error::Authorities { setting, path: path.to_owned(), why: error.to_string() }
}
