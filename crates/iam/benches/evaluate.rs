//! Decisions a second on one core, with the policies of an ordinary caller:
//! `cargo bench -p wharf-iam`.

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use wharf_base::Timestamp;
use wharf_iam::{
    Ambient, CompiledPolicy, DocumentKind, PolicySet, Principal, PrincipalPolicies, Request,
    evaluate, managed,
};

const RUN: Duration = Duration::from_millis(500);

fn main() {
    let names = [
        "AmazonECS_FullAccess",
        "AmazonEC2ContainerRegistryPowerUser",
        "ReadOnlyAccess",
    ];
    let compiled = |policy: &&managed::ManagedPolicy| {
        let parsed = CompiledPolicy::parse(&policy.arn(), policy.document, DocumentKind::Managed);
        Arc::new(parsed.expect("the managed policies are valid"))
    };
    let own = PrincipalPolicies {
        identity: managed::ALL
            .iter()
            .filter(|it| names.contains(&it.name))
            .map(|it| compiled(&it))
            .collect(),
        ..PrincipalPolicies::default()
    };
    let who = Principal::user(
        "arn:aws:iam::000000000000:user/anna",
        "AIDAEXAMPLEEXAMPLEEXA",
    );
    let ambient = Ambient {
        principal: &who,
        now: Timestamp::from_millis(1_767_312_000_000),
        region: "us-east-1",
        source_ip: "127.0.0.1".parse().ok(),
        user_agent: Some("aws-cli/2"),
        referer: None,
        secure_transport: false,
        called_via: &[],
    };
    for action in ["ecs:RunTask", "sqs:ReceiveMessage", "lambda:InvokeFunction"] {
        let (mut rounds, start) = (0_u64, Instant::now());
        while start.elapsed() < RUN {
            for _ in 0..100 {
                let context = ambient.context();
                let request = Request {
                    principal: &who,
                    action,
                    resource: "arn:aws:ecs:us-east-1:000000000000:task-definition/web:1",
                    resource_account: "000000000000",
                    context: &context,
                };
                black_box(evaluate(
                    &request,
                    &PolicySet {
                        principal: &own,
                        resource: None,
                    },
                ));
            }
            rounds += 100;
        }
        let each = start.elapsed().as_nanos() / u128::from(rounds);
        println!("{action}: {each} ns a decision, context included");
    }
    let text = managed::find("arn:aws:iam::aws:policy/AmazonECS_FullAccess")
        .expect("seeded")
        .document;
    let (mut rounds, start) = (0_u64, Instant::now());
    while start.elapsed() < RUN {
        black_box(CompiledPolicy::parse("x", text, DocumentKind::Managed)).ok();
        rounds += 1;
    }
    println!(
        "compiling {} bytes: {} µs",
        text.len(),
        start.elapsed().as_micros() / u128::from(rounds)
    );
}
