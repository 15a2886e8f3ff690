//! Client certificates: the common name is the user's, the organisations are the groups, as upstream has it.

use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::user::{AUTHENTICATED, UserInfo};

/// Who a certificate is of; that an authority of the cluster made it is known already. `None` for one that names nobody.
pub fn user(der: &[u8]) -> Option<UserInfo> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let subject = certificate.subject();
    let mut names = subject.iter_common_name();
    let name = names.next()?.as_str().ok()?;
    if name.is_empty() {
        return None;
    }
    let organisations = subject.iter_organization();
    let mut groups: Vec<String> = organisations
        .filter_map(|it| it.as_str().ok().map(str::to_owned))
        .collect();
    groups.push(AUTHENTICATED.to_owned());
    Some(UserInfo {
        name: name.to_owned(),
        groups,
        ..UserInfo::default()
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    #[test]
    fn name_and_groups() {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "jane");
        params
            .distinguished_name
            .push(DnType::OrganizationName, "system:masters");
        let found = user(params.self_signed(&key).unwrap().der()).unwrap();
        assert_eq!(found.name, "jane");
        assert_eq!(found.groups, ["system:masters", AUTHENTICATED]);
        let mut nobody = CertificateParams::default();
        nobody.distinguished_name = rcgen::DistinguishedName::new();
        assert_eq!(user(nobody.self_signed(&key).unwrap().der()), None);
        assert_eq!(user(b"x"), None);
    }
}
