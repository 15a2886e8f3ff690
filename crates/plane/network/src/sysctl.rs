//! Settings under `/proc/sys/net`, of the calling thread's network namespace.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::error::NetworkError;

fn path(name: &str) -> PathBuf {
    PathBuf::from("/proc/sys/net").join(name)
}

/// The value of `name` (`ipv4/ip_forward`), trimmed; `None` where the kernel has no such setting.
pub(crate) fn read(name: &str) -> Result<Option<String>, NetworkError> {
    match fs::read_to_string(path(name)) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(NetworkError::kernel(
            format!("read the setting net/{name}"),
            error,
        )),
    }
}

/// Sets `name`; does nothing where the kernel has no such setting.
pub(crate) fn write(name: &str, value: &str) -> Result<(), NetworkError> {
    match fs::write(path(name), value) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(NetworkError::kernel(
            format!("set net/{name} to {value}"),
            error,
        )),
        _ => Ok(()),
    }
}

/// As `write`, where it is another one. To write what holds already is a change all the same where a setting is of
/// all interfaces: each takes it over.
pub(crate) fn ensure(name: &str, value: &str) -> Result<(), NetworkError> {
    match read(name)?.as_deref() == Some(value) {
        true => Ok(()),
        false => write(name, value),
    }
}

/// The interfaces that have settings of their own, `all` and `default` among them.
pub(crate) fn interfaces() -> Result<Vec<String>, NetworkError> {
    let failed = |e| NetworkError::kernel("list the settings of interfaces", e);
    let mut names = Vec::new();
    for entry in fs::read_dir(path("ipv4/conf")).map_err(failed)? {
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    Ok(names)
}
