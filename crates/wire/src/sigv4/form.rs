//! Signatures of forms that browsers send to S3: what is signed is their policy.

use subtle::ConstantTimeEq;
use wharf_base::Timestamp;

use super::{
    ALGORITHM, Scope, Signature, SignatureError,
    canonical::{hmac, signing_key},
};

impl Signature {
    /// The signature in the fields of a form, whose policy is what is signed; `field` has them by their names in
    /// lower case.
    ///
    /// # Errors
    /// There is none, or less than one.
    pub fn of_form<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Self, SignatureError> {
        if field("policy").is_none() {
            return Err(SignatureError::Missing);
        }
        let incomplete = |name: &str| {
            let text = format!("Bucket POST must contain a field named '{name}'.");
            SignatureError::Incomplete(text)
        };
        let given = |name: &'static str| field(name).ok_or_else(|| incomplete(name));
        if given("x-amz-algorithm")? != ALGORITHM {
            return Err(incomplete("x-amz-algorithm"));
        }
        let credential: Vec<&str> = given("x-amz-credential")?.rsplitn(5, '/').collect();
        let [_, service, region, date, access_key_id] = credential[..] else {
            return Err(incomplete("x-amz-credential"));
        };
        let signed_at = Timestamp::parse_iso8601_basic(given("x-amz-date")?);
        let signed_at = signed_at.filter(|it| it.iso8601_basic().starts_with(date));
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers: Vec::new(),
            signature: given("x-amz-signature")?.to_owned(),
            signed_at: signed_at.ok_or_else(|| incomplete("x-amz-date"))?,
            session_token: field("x-amz-security-token").map(str::to_owned),
            expires: None,
        })
    }

    /// Whether it is that of a form's policy, as the field has it.
    ///
    /// # Errors
    /// It is another's.
    pub fn check_policy(&self, policy: &str, secret: &str) -> Result<(), SignatureError> {
        let scope = Scope {
            date: &self.date,
            region: &self.region,
            service: &self.service,
        };
        let expected = hex::encode(hmac(&signing_key(secret, &scope), policy.as_bytes()));
        match bool::from(expected.as_bytes().ct_eq(self.signature.as_bytes())) {
            true => Ok(()),
            false => Err(SignatureError::Mismatch),
        }
    }
}
