//! Whom the policies of resources name.
//!
//! A policy names users and roles by ARN but means the very ones that exist when it is attached. So, as in AWS, it is
//! stored with their unique ids in place of the ARNs: whoever is made anew under the name of one that was deleted has
//! another id, and is not named. Shown, a policy has the ARN again that whoever it names has now, and the id of one that
//! is gone. Accounts, sessions, services and everybody stay as they were written, and so does what versions before this
//! one stored: an ARN is whoever has it. So does the ARN of a user or role of another account that does not exist: a
//! refusal would tell the caller who exists there.
//!
//! Policies must have been read as such before: nothing here refuses a text for what it is.

use std::collections::BTreeMap;

use serde_json::Value;
use wharf_wire::{Call, Fault, Unreadable};

use crate::Faults;

/// A policy cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum Unbound {
    /// There is no user or role of this ARN in the caller's account.
    #[error("there is no {0}")]
    Nobody(String),
    #[error("cannot tell whom a policy names")]
    Unreadable(#[from] Unreadable),
}

impl Unbound {
    /// What a service answers, that has words of its own for a principal that does not exist.
    pub fn fault<F: Faults>(self, nobody: impl FnOnce(&str) -> Fault) -> Fault {
        match self {
            Self::Nobody(arn) => nobody(&arn),
            Self::Unreadable(error) => F::internal(&error),
        }
    }
}

/// The policy as it is stored. It is never longer than what was given.
///
/// # Errors
/// It names a user or role of the caller's account that does not exist.
pub async fn bound(call: &Call, text: String) -> Result<String, Unbound> {
    let Ok(mut policy) = serde_json::from_str::<Value>(&text) else {
        return Ok(text);
    };
    let arns = named(&mut policy, is_entity);
    if arns.is_empty() {
        return Ok(text);
    }
    let Some(ids) = call.unique_ids(&arns).await? else {
        return Ok(text);
    };
    let is_nobody = |arn: &String| is_own(call, arn) && !ids.contains_key(arn);
    if let Some(nobody) = arns.into_iter().find(is_nobody) {
        return Err(Unbound::Nobody(nobody));
    }
    // Written anew even if nobody was found, or the spaces that are left would tell it.
    Ok(replaced(policy, &ids))
}

/// The policy as it is shown, of one that is stored.
///
/// # Errors
/// What users and roles there are could not be read.
pub async fn shown<F: Faults>(call: &Call, text: String) -> Result<String, Fault> {
    with_arns(call, text).await.map_err(|it| F::internal(&it))
}

/// The same, for services with errors of their own.
///
/// # Errors
/// What users and roles there are could not be read.
pub async fn with_arns(call: &Call, text: String) -> Result<String, Unreadable> {
    // Ids are stored without escapes. Most policies name none, and some are looked at often.
    if !PREFIXES.iter().any(|prefix| text.contains(*prefix)) {
        return Ok(text);
    }
    let Ok(mut policy) = serde_json::from_str::<Value>(&text) else {
        return Ok(text);
    };
    let ids = named(&mut policy, is_id);
    let arns = call.arns(&ids).await?;
    match arns.is_empty() {
        true => Ok(text),
        false => Ok(replaced(policy, &arns)),
    }
}

/// The unique id of a user or role; `None` for what is no ARN of either, where nobody knows, and of one of another account
/// that does not exist.
///
/// # Errors
/// It is of the caller's account and does not exist.
pub async fn id_of(call: &Call, arn: &str) -> Result<Option<String>, Unbound> {
    if !is_entity(arn) {
        return Ok(None);
    }
    let asked = [arn.to_owned()];
    let Some(mut ids) = call.unique_ids(&asked).await? else {
        return Ok(None);
    };
    match ids.remove(arn) {
        None if is_own(call, arn) => Err(Unbound::Nobody(arn.to_owned())),
        found => Ok(found),
    }
}

/// What the unique ids of users and roles begin with.
const PREFIXES: [&str; 2] = ["AIDA", "AROA"];

fn is_id(text: &str) -> bool {
    PREFIXES.iter().any(|prefix| text.starts_with(*prefix))
}

/// Whether it is the ARN of a user or role, in any partition.
fn is_entity(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "iam", "", _, what] => what.starts_with("user/") || what.starts_with("role/"),
        _ => false,
    }
}

/// Whether the ARN is of the account of who calls.
fn is_own(call: &Call, arn: &str) -> bool {
    arn.split(':').nth(4) == Some(&*call.caller.account)
}

/// The principals of AWS that fit, each once.
fn named(policy: &mut Value, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let mut all = Vec::new();
    each(policy, &mut |principal: &mut Value| {
        if let Some(text) = principal.as_str()
            && fits(text)
        {
            all.push(text.to_owned());
        }
    });
    all.sort_unstable();
    all.dedup();
    all
}

fn replaced(mut policy: Value, with: &BTreeMap<String, String>) -> String {
    each(&mut policy, &mut |principal: &mut Value| {
        if let Some(other) = principal.as_str().and_then(|it| with.get(it)) {
            *principal = Value::from(other.as_str());
        }
    });
    policy.to_string()
}

fn each(policy: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    let statements: Vec<&mut Value> = match policy.get_mut("Statement") {
        Some(Value::Array(all)) => all.iter_mut().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    for statement in statements {
        for member in ["Principal", "NotPrincipal"] {
            let element = statement.get_mut(member);
            match element.and_then(|it| it.get_mut("AWS")) {
                Some(Value::Array(all)) => all.iter_mut().for_each(&mut *visit),
                Some(one) => visit(one),
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;
    use serde_json::json;
    use wharf_base::Timestamp;
    use wharf_wire::{Check, Context, Denied, Dispatcher, Gate, async_trait};

    use super::*;
    use crate::Unspoken;

    const ROLE: &str = "arn:aws:iam::000000000000:role/app";
    const OLD: &str = "AROAAAAAAAAAAAAAAAAAA";
    const NEW: &str = "AROABBBBBBBBBBBBBBBBB";

    /// Who has which id at the moment.
    struct People(Mutex<BTreeMap<String, String>>);

    #[async_trait]
    impl Gate for People {
        async fn decide(&self, _: &Context, _: &[Check]) -> Result<(), Denied> {
            Ok(())
        }

        async fn unique_ids(
            &self,
            arns: &[String],
        ) -> Result<Option<BTreeMap<String, String>>, Unreadable> {
            let all = self.0.lock();
            let found = arns.iter().filter_map(|it| all.get_key_value(it));
            Ok(Some(found.map(|(k, v)| (k.clone(), v.clone())).collect()))
        }

        async fn arns(&self, ids: &[String]) -> Result<BTreeMap<String, String>, Unreadable> {
            let all = self.0.lock();
            let found = all.iter().filter(|(_, id)| ids.contains(id));
            Ok(found.map(|(k, v)| (v.clone(), k.clone())).collect())
        }
    }

    async fn call(people: &Arc<People>) -> Call {
        let context = Context::internal("000000000000", "us-east-1", "test", Timestamp(0));
        let dispatcher = Dispatcher::new(people.clone());
        let checks = [Check::any("s3:ListAllMyBuckets")];
        dispatcher.authorize(context, &checks).await.unwrap()
    }

    fn people() -> Arc<People> {
        let all = BTreeMap::from([(ROLE.to_owned(), OLD.to_owned())]);
        Arc::new(People(Mutex::new(all)))
    }

    fn policy(principal: &Value) -> String {
        json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow",
            "Principal": principal,
            "Action": "sqs:*",
            "Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}},
        }})
        .to_string()
    }

    #[tokio::test]
    async fn who_was_named_is_who_had_the_name() {
        let people = people();
        let call = call(&people).await;
        let given = policy(&json!({"AWS": [ROLE, "000000000000"], "Service": "s3.amazonaws.com"}));
        let stored = bound(&call, given.clone()).await.unwrap();
        let expected = json!({"AWS": [OLD, "000000000000"], "Service": "s3.amazonaws.com"});
        assert_eq!(stored, policy(&expected));
        assert_eq!(bound(&call, stored.clone()).await.unwrap(), stored);
        assert_eq!(
            shown::<Unspoken>(&call, stored.clone()).await.unwrap(),
            given
        );
        people.0.lock().insert(ROLE.to_owned(), NEW.to_owned());
        let now = shown::<Unspoken>(&call, stored.clone()).await.unwrap();
        assert_eq!(now, stored);
        let anew = bound(&call, policy(&json!({"AWS": ROLE}))).await.unwrap();
        assert_eq!(anew, policy(&json!({"AWS": NEW})));
    }

    #[tokio::test]
    async fn nobody_is_refused() {
        let call = call(&people()).await;
        let none = "arn:aws:iam::000000000000:user/none";
        let refused = bound(&call, policy(&json!({"AWS": [ROLE, none]}))).await;
        assert!(matches!(refused, Err(Unbound::Nobody(it)) if it == none));
        let refused = id_of(&call, none).await;
        assert!(matches!(refused, Err(Unbound::Nobody(it)) if it == none));
        assert_eq!(id_of(&call, ROLE).await.unwrap().as_deref(), Some(OLD));
    }

    /// What is read back is the same whether they exist or not.
    #[tokio::test]
    async fn nobody_learns_who_exists_in_other_accounts() {
        let people = people();
        let call = call(&people).await;
        let theirs = "arn:aws:iam::111122223333:role/app";
        let given = policy(&json!({"AWS": theirs}));
        let spaced = given.replace(',', ", ");
        let unknown = bound(&call, spaced.clone()).await.unwrap();
        assert_eq!(unknown, given);
        assert_eq!(id_of(&call, theirs).await.unwrap(), None);
        people.0.lock().insert(theirs.to_owned(), NEW.to_owned());
        let known = bound(&call, spaced).await.unwrap();
        assert_eq!(known, policy(&json!({"AWS": NEW})));
        assert_eq!(shown::<Unspoken>(&call, known).await.unwrap(), given);
        assert_eq!(id_of(&call, theirs).await.unwrap().as_deref(), Some(NEW));
    }

    #[tokio::test]
    async fn what_is_no_user_or_role_stays_as_it_was_written() {
        let call = call(&people()).await;
        for principal in [
            json!("*"),
            json!({"AWS": "*"}),
            json!({"AWS": "arn:aws:iam::000000000000:root"}),
            json!({"AWS": "arn:aws:sts::000000000000:assumed-role/app/session"}),
            json!({"Federated": "arn:aws:iam::000000000000:oidc-provider/x"}),
            json!({"AWS": "AIDAGONEGONEGONEGONEG"}),
        ] {
            let given = policy(&principal);
            let spaced = given.replace(',', ", ");
            assert_eq!(bound(&call, spaced.clone()).await.unwrap(), spaced);
            assert_eq!(
                shown::<Unspoken>(&call, given.clone()).await.unwrap(),
                given
            );
        }
    }
}
