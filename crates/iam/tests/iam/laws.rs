//! What must hold whatever the policies say.

use proptest::prelude::*;
use serde_json::{Value, json};
use wharf_iam::{CompiledPolicy, Document, DocumentKind};

use crate::{
    agreement::real,
    generators::{asked, document, policies, statement},
};

fn add(document: &mut Value, statement: Value) {
    document["Statement"]
        .as_array_mut()
        .expect("generated as a list")
        .push(statement);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn an_allow_never_lifts_an_explicit_deny(
        asked in asked(), policies in policies(), extra in document(false), more in statement(true),
    ) {
        let before = real(&asked, &policies);
        if !before.starts_with("deny") {
            return Ok(());
        }
        let mut wider = policies.clone();
        let mut extra = extra;
        extra["Statement"].as_array_mut().unwrap().retain(|s| s["Effect"] == "Allow");
        add(&mut extra, json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
        wider.identity.push(extra);
        if let Some(resource) = &mut wider.resource {
            let mut more = more;
            more["Effect"] = json!("Allow");
            add(resource, more);
        }
        prop_assert_eq!(real(&asked, &wider), before);
    }

    #[test]
    fn a_deny_of_everything_denies(asked in asked(), policies in policies()) {
        let mut narrower = policies;
        let all = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
        narrower.identity.push(json!({"Version": "2012-10-17", "Statement": all}));
        prop_assert!(real(&asked, &narrower).starts_with("deny"));
    }

    #[test]
    fn the_order_of_statements_and_policies_does_not_matter(
        asked in asked(), policies in policies(),
    ) {
        let mut turned = policies.clone();
        turned.identity.reverse();
        let documents = turned.identity.iter_mut()
            .chain(&mut turned.resource)
            .chain(&mut turned.boundary)
            .chain(turned.session.iter_mut().flatten())
            .chain(&mut turned.service_control);
        for document in documents {
            document["Statement"].as_array_mut().unwrap().reverse();
        }
        prop_assert_eq!(real(&asked, &turned), real(&asked, &policies));
    }

    #[test]
    fn a_boundary_or_session_policy_only_takes_away(
        asked in asked(), policies in policies(), limit in document(false),
    ) {
        let allowed = |policies| real(&asked, policies) == "allow";
        let mut free = policies.clone();
        free.boundary = None;
        free.session = None;
        let mut bounded = free.clone();
        bounded.boundary = Some(limit.clone());
        prop_assert!(allowed(&free) || !allowed(&bounded));
        let mut limited = free.clone();
        limited.session = Some(vec![limit]);
        prop_assert!(allowed(&free) || !allowed(&limited));
    }

    #[test]
    fn a_list_of_one_is_its_scalar(document in document(true)) {
        let text = document.to_string();
        let mut lists = document;
        for statement in lists["Statement"].as_array_mut().unwrap() {
            for name in ["Action", "NotAction", "Resource", "NotResource"] {
                if statement.get(name).is_some_and(Value::is_string) {
                    statement[name] = json!([statement[name].clone()]);
                }
            }
        }
        prop_assert_eq!(
            Document::parse(&text, DocumentKind::Resource),
            Document::parse(&lists.to_string(), DocumentKind::Resource)
        );
    }

    #[test]
    fn any_text_is_refused_or_read_but_never_fatal(text in ".{0,200}") {
        for kind in [DocumentKind::Managed, DocumentKind::Trust, DocumentKind::Resource] {
            let _ = CompiledPolicy::parse("x", &text, kind);
        }
    }

    #[test]
    fn broken_documents_are_never_fatal(
        document in document(true), at in any::<prop::sample::Index>(), junk in ".{0,3}",
    ) {
        let text = document.to_string();
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let at = places[at.index(places.len())];
        let broken = format!("{}{junk}{}", &text[..at], text[at..].chars().skip(1).collect::<String>());
        let _ = CompiledPolicy::parse("x", &broken, DocumentKind::Resource);
        let _ = CompiledPolicy::parse("x", &broken, DocumentKind::InlineRole);
    }
}
