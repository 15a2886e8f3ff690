//! The name of its own that a provider gives to a service, and how it is proven that the name is the provider's: by a TXT
//! record that whoever holds the domain puts there.
//!
//! StartVpcEndpointServicePrivateDnsVerification asks for that record once, while its caller waits. Endpoints get the name
//! when it is verified and lose it when it is not any more, by their reconciler.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types::{
    PrivateDnsNameConfiguration, StartVpcEndpointServicePrivateDnsVerificationRequest,
    StartVpcEndpointServicePrivateDnsVerificationResult,
};
use wharf_base::ids;
use wharf_wire::{Call, Fault, async_trait};

use super::{EndpointService, LinkState, fault};
use crate::{Ec2Service, fault::dry_run};

/// What a name may have, so that the one that proves it is one of DNS as well (RFC 1035: 253 characters).
const MAX_NAME: usize = 253 - LABEL - 1;
/// `_` and 16 digits.
const LABEL: usize = 17;
const MAX_LABEL: usize = 63;
/// Domains of names that AWS and wharf give, and of addresses: no service stands in for what is there, whatever a name server says.
const RESERVED: [&str; 10] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "api.aws",
    "on.aws",
    "arpa",
    "compute.internal",
    "ec2.internal",
    "elb.internal",
    "localhost",
    "wharf.internal",
];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateName {
    /// In lower case. One that begins with `*.` stands for all below it.
    pub name: String,
    /// Below which label of the domain the record is: `_…`.
    pub label: String,
    /// What the record says: `vpce:…`.
    pub value: String,
    pub state: Verification,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verification {
    Pending,
    Verified,
    Failed,
}

/// What was found where the record is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    Found,
    Missing,
    /// No name server answered.
    Unknown,
}

/// Names of the world.
#[async_trait]
pub trait TextRecords: Send + Sync + 'static {
    /// What the TXT records of a name say now, none if there are none; `None` if no name server answered. An account asks.
    async fn find(&self, account: &str, name: &str) -> Option<Vec<String>>;
}

impl Verification {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pendingVerification",
            Self::Verified => "verified",
            Self::Failed => "failed",
        }
    }

    /// A name that was verified stays so while nobody can be asked.
    fn after(self, proof: Proof) -> Self {
        match (self, proof) {
            (_, Proof::Found) | (Self::Verified, Proof::Unknown) => Self::Verified,
            (_, Proof::Missing | Proof::Unknown) => Self::Failed,
        }
    }
}

impl PrivateName {
    /// A name that is to be verified.
    ///
    /// # Errors
    /// `InvalidParameter`: it is no name of DNS, or one that nobody may have.
    pub fn new(given: &str) -> Result<Self, Fault> {
        let name = given.to_ascii_lowercase();
        if !is_name(&name) || is_reserved(&name) {
            return Err(fault::bad_private_name(given));
        }
        Ok(Self {
            name,
            label: format!("_{}", ids::hex16()),
            value: format!("vpce:{}", ids::hex16()),
            state: Verification::Pending,
        })
    }

    /// The name, if it is proven to be the provider's.
    pub fn verified(&self) -> Option<&str> {
        (self.state == Verification::Verified).then_some(self.name.as_str())
    }

    /// Where the record may be: below its label, or, as AWS has it for domains that cannot have one with an underscore, at
    /// the domain itself.
    fn places(&self) -> [String; 2] {
        let domain = self.name.strip_prefix("*.").unwrap_or(&self.name);
        [format!("{}.{domain}", self.label), domain.to_owned()]
    }

    async fn proof(&self, records: &dyn TextRecords, account: &str) -> Proof {
        let mut proof = Proof::Missing;
        for place in self.places() {
            match records.find(account, &place).await {
                Some(found) if found.contains(&self.value) => return Proof::Found,
                Some(_) => {}
                None => proof = Proof::Unknown,
            }
        }
        proof
    }

    pub fn to_wire(&self) -> PrivateDnsNameConfiguration {
        PrivateDnsNameConfiguration {
            state: Some(self.state.name().to_owned()),
            type_: Some("TXT".to_owned()),
            value: Some(self.value.clone()),
            name: Some(self.label.clone()),
        }
    }
}

/// A name of two labels or more, the first of which may be `*`.
fn is_name(name: &str) -> bool {
    let domain = name.strip_prefix("*.").unwrap_or(name);
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
    };
    name.len() <= MAX_NAME && domain.contains('.') && domain.split('.').all(is_label)
}

/// Whether it is a reserved domain, or below one.
fn is_reserved(name: &str) -> bool {
    let is_in = |domain: &str| {
        let before = name.strip_suffix(domain);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    RESERVED.into_iter().any(is_in)
}

/// The name that an endpoint in this state can have of its service, which is called `service`.
///
/// # Errors
/// `InvalidParameter`, with AWS's reasons why there is none.
pub fn usable(of: &EndpointService, state: LinkState, service: &str) -> Result<String, Fault> {
    let Some(name) = &of.private_name else {
        return Err(fault::no_private_name(service));
    };
    let Some(verified) = name.verified() else {
        return Err(fault::not_verified(service));
    };
    match state {
        LinkState::Available => Ok(verified.to_owned()),
        LinkState::PendingAcceptance | LinkState::Rejected => Err(fault::not_accepted(service)),
    }
}

pub async fn verify(
    service: &Ec2Service,
    call: &Call,
    input: StartVpcEndpointServicePrivateDnsVerificationRequest,
) -> Result<StartVpcEndpointServicePrivateDnsVerificationResult, Fault> {
    dry_run(input.dry_run)?;
    let id = input.service_id.as_deref().unwrap_or_default();
    let asked = service.get::<EndpointService>(call, id).await?.private_name;
    let asked = asked.ok_or_else(|| fault::nothing_to_verify(id))?;
    let proof = match service.text_records.get() {
        Some(records) => asked.proof(&**records, &call.account).await,
        None => Proof::Unknown,
    };
    if proof == Proof::Unknown {
        tracing::warn!(
            service = id,
            name = asked.name,
            "failed to verify the private name of an endpoint service: no name server answered"
        );
    }
    let decide = |it: &mut EndpointService| {
        // Another name, which the provider gave meanwhile, was not asked for.
        if let Some(now) = &mut it.private_name
            && now.value == asked.value
        {
            now.state = now.state.after(proof);
        }
        Ok(())
    };
    service.change(call, id, decide).await?;
    Ok(StartVpcEndpointServicePrivateDnsVerificationResult {
        return_value: Some(true),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Those that are asked answer what is here; `None` says nothing.
    struct World(BTreeMap<String, Option<Vec<String>>>);

    #[async_trait]
    impl TextRecords for World {
        async fn find(&self, _: &str, name: &str) -> Option<Vec<String>> {
            self.0.get(name).cloned().unwrap_or(Some(Vec::new()))
        }
    }

    #[test]
    fn what_a_name_can_be() {
        let long = "a".repeat(64);
        let longest = format!("{}.example", ["a".repeat(56).as_str(); 4].join("."));
        assert_eq!(longest.len(), MAX_NAME);
        for (name, expected) in [
            ("api.example.com", true),
            ("API.Example.com", true),
            ("*.example.com", true),
            (longest.as_str(), true),
            (&format!("a{longest}"), false),
            ("example", false),
            ("*.com", false),
            ("a.*.example.com", false),
            ("*", false),
            ("", false),
            (".", false),
            ("example.com.", false),
            ("-a.example.com", false),
            ("a_b.example.com", false),
            ("a b.example.com", false),
            (&format!("{long}.example.com"), false),
            ("s3.us-east-1.AmazonAWS.com", false),
            ("*.amazonaws.com", false),
            ("amazonaws.com", false),
            ("amazonaws.com.example.org", true),
            ("notamazonaws.com", true),
            ("api.wharf.internal", false),
            ("api.corp.internal", true),
            ("*.10.in-addr.arpa", false),
        ] {
            assert_eq!(PrivateName::new(name).is_ok(), expected, "{name}");
        }
        let name = PrivateName::new("API.example.com").unwrap();
        assert_eq!(name.name, "api.example.com");
        assert_eq!(name.label.len(), LABEL);
        assert_eq!(name.state, Verification::Pending);
        assert_ne!(
            name.value,
            PrivateName::new("api.example.com").unwrap().value
        );
    }

    #[tokio::test]
    async fn a_record_proves_a_name() {
        let name = PrivateName::new("*.example.com").unwrap();
        let below = format!("{}.example.com", name.label);
        let right = || Some(vec!["v=spf1 -all".to_owned(), name.value.clone()]);
        let wrong = || Some(vec!["vpce:another".to_owned()]);
        for (told, expected) in [
            (vec![], Proof::Missing),
            (vec![(below.as_str(), right())], Proof::Found),
            (vec![("example.com", right())], Proof::Found),
            (vec![(below.as_str(), wrong())], Proof::Missing),
            (vec![("www.example.com", right())], Proof::Missing),
            (vec![(below.as_str(), None)], Proof::Unknown),
            (
                vec![(below.as_str(), None), ("example.com", right())],
                Proof::Found,
            ),
        ] {
            let case = format!("{told:?}");
            let told = told.into_iter().map(|(at, it)| (at.to_owned(), it));
            let world = World(told.collect());
            assert_eq!(name.proof(&world, "1").await, expected, "{case}");
        }
    }

    #[test]
    fn a_verified_name_falls_by_an_answer_alone() {
        use Verification::{Failed, Pending, Verified};
        for (state, found, missing, unknown) in [
            (Pending, Verified, Failed, Failed),
            (Failed, Verified, Failed, Failed),
            (Verified, Verified, Failed, Verified),
        ] {
            assert_eq!(state.after(Proof::Found), found);
            assert_eq!(state.after(Proof::Missing), missing);
            assert_eq!(state.after(Proof::Unknown), unknown);
        }
    }
}
