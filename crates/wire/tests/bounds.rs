//! What a body may cost before anybody is asked whether its sender may send it.

use wharf_api_ecs::{RegisterTaskDefinitionRequest, schema::SERVICE};
use wharf_wire::codec::json;

fn decode(body: &str) -> Result<RegisterTaskDefinitionRequest, String> {
    let operation = SERVICE.find_operation("RegisterTaskDefinition").unwrap();
    let mut input = RegisterTaskDefinitionRequest::default();
    json::decode(
        &SERVICE,
        SERVICE.operations[operation].input,
        body.as_bytes(),
        &mut input,
    )
    .map_err(|error| error.to_string())?;
    Ok(input)
}

#[test]
fn list_items_are_counted_over_the_whole_body() {
    let of = |count: usize| {
        format!(
            r#"{{"containerDefinitions":[{}]}}"#,
            vec!["{}"; count].join(",")
        )
    };
    assert_eq!(
        decode(&of(1000))
            .unwrap()
            .container_definitions
            .unwrap()
            .len(),
        1000
    );
    assert!(
        decode(&of(100_000))
            .unwrap_err()
            .contains("too many list items")
    );
    let nested = format!(r#"{{"environment":[{}]}}"#, vec!["{}"; 5000].join(","));
    let body = format!(
        r#"{{"containerDefinitions":[{}]}}"#,
        [nested.as_str(); 5].join(",")
    );
    assert!(decode(&body).unwrap_err().contains("too many list items"));
}
