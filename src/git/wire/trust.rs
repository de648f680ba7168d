//! Which certificates are trusted for a url, and which certificate `oca` shows, by git's settings. Each file is checked
//! before it is read: oca would wait for a pipe for ever, and a device may have no end.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use url::Url;

use super::tls::{self, Accept, Identity};
use crate::fs::{read, refuse_no_file};
use crate::git::Error;
use crate::git::configuration::Configuration;
use crate::git::path_value::path_value;

/// A path and the setting that names it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Named {
    setting: &'static str,
    path: PathBuf,
}

/// The settings of TLS for a server or a proxy. Requests with the same settings share connections.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Trust {
    /// Verification is switched off.
    anyone: bool,
    /// A file of authorities.
    file: Option<Named>,
    /// A directory of authorities.
    directory: Option<Named>,
    certificate: Option<Named>,
    key: Option<Named>,
}

impl Trust {
    /// For the server of a url.
    pub(super) fn of(configuration: &Configuration, url: &Url) -> Result<Self, Error> {
        let named = |variable, setting| Named::find(configuration, url, variable, setting);
        // In git, it is enough that the variable is there.
        let anyone = env::var_os("GIT_SSL_NO_VERIFY").is_some()
            || configuration.http(url, "sslverify").is_some_and(Configuration::is_false);
        Ok(Self {
            anyone,
            file: named("GIT_SSL_CAINFO", "http.sslCAInfo")?.filter(|_| !anyone),
            directory: named("GIT_SSL_CAPATH", "http.sslCAPath")?.filter(|_| !anyone),
            certificate: named("GIT_SSL_CERT", "http.sslCert")?,
            key: named("GIT_SSL_KEY", "http.sslKey")?,
        })
    }

    /// For the proxy on the way to a url. As in git, it has settings of its own, and is always verified.
    pub(super) fn in_proxy(configuration: &Configuration, url: &Url) -> Result<Self, Error> {
        let named = |variable, setting| Named::find(configuration, url, variable, setting);
        Ok(Self {
            anyone: false,
            file: named("GIT_PROXY_SSL_CAINFO", "http.proxySSLCAInfo")?,
            directory: None,
            certificate: named("GIT_PROXY_SSL_CERT", "http.proxySSLCert")?,
            key: named("GIT_PROXY_SSL_KEY", "http.proxySSLKey")?,
        })
    }

    pub(super) fn config(&self) -> Result<ClientConfig, Error> {
        let accept = if self.anyone { Accept::Anyone } else { self.authorities()? };
        let identity = self.identity()?;
        tls::config(accept, identity).map_err(|why| match &self.certificate {
            Some(named) => named.unreadable(why),
            None => Error::Tls { why },
        })
    }

    /// The authorities of the platform (including `SSL_CERT_FILE` and `SSL_CERT_DIR`) and those of git's settings. If
    /// there are none, the compiled-in ones.
    fn authorities(&self) -> Result<Accept, Error> {
        refuse_variables()?;
        let mut certificates = rustls_native_certs::load_native_certs().certs;
        if let Some(named) = &self.file {
            certificates.extend(named.certificates()?);
        }
        if let Some(named) = &self.directory {
            for file in hashed_files(&named.path).map_err(|error| named.unreadable(error.to_string()))? {
                // As in OpenSSL, a file that is not a certificate is skipped.
                let pem = read(&file).unwrap_or_default();
                certificates.extend(CertificateDer::pem_slice_iter(&pem).flatten());
            }
        }
        Ok(if certificates.is_empty() { Accept::CompiledIn } else { Accept::SignedBy(certificates) })
    }

    /// The client certificate and its key. Without a file of its own, the key is in the file of the certificate.
    fn identity(&self) -> Result<Option<Identity>, Error> {
        let Some(certificate) = &self.certificate else { return Ok(None) };
        let chain = certificate.certificates()?;
        let key = self.key.as_ref().unwrap_or(certificate);
        let pem = key.read()?;
        let is_encrypted = pem.windows(9).any(|window| window == b"ENCRYPTED");
        let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
            key.unreadable(if is_encrypted {
                "its key is encrypted, which oca does not support".to_owned()
            } else {
                "it has no private key".to_owned()
            })
        })?;
        Ok(Some((chain, key)))
    }
}

impl Named {
    /// The path in a variable, or else in a setting for a url.
    fn find(
        configuration: &Configuration,
        url: &Url,
        variable: &'static str,
        setting: &'static str,
    ) -> Result<Option<Self>, Error> {
        if let Some(path) = env::var_os(variable).filter(|path| !path.is_empty()) {
            return Ok(Some(Self { setting: variable, path: path.into() }));
        }
        let key = setting.trim_start_matches("http.").to_ascii_lowercase();
        let Some(value) = configuration.http(url, &key).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        match path_value(value) {
            Ok(path) => Ok(Some(Self { setting, path })),
            Err(why) => Err(Error::Authorities { setting, path: value.into(), why: why.to_owned() }),
        }
    }

    fn unreadable(&self, why: String) -> Error {
        Error::Authorities { setting: self.setting, path: self.path.clone(), why }
    }

    fn read(&self) -> Result<Vec<u8>, Error> {
        read(&self.path).map_err(|error| self.unreadable(error.to_string()))
    }

    /// All certificates of the file. There must be one.
    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let pem = self.read()?;
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem).flatten().collect();
        if certificates.is_empty() {
            return Err(self.unreadable("it has no certificate".to_owned()));
        }
        Ok(certificates)
    }
}

/// The files in a directory that OpenSSL reads: their names are a hash and a number, such as `5ed36f99.0`. Sorted.
fn hashed_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let is_hashed = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.split_once('.').is_some_and(|(hash, number)| {
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) && is_number
        })
    };
    let files: io::Result<Vec<PathBuf>> = fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect();
    let mut files = files?;
    files.retain(is_hashed);
    files.sort();
    Ok(files)
}

/// Refuses pipes and devices in `SSL_CERT_FILE`, and files in `SSL_CERT_DIR`. A missing file is not an error: some
/// environments name a missing file on purpose, so that no authority is trusted.
fn refuse_variables() -> Result<(), Error> {
    let unreadable = |setting, path: &Path, error: &io::Error| Error::Authorities {
        setting,
        path: path.to_owned(),
        why: error.to_string(),
    };
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
