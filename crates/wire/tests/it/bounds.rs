//! What a body may cost before its sender's rights are looked at.

use wharf_api_ec2::{DescribeVpcsRequest, schema::SERVICE as EC2};
use wharf_api_ecs::{CreateServiceRequest, RegisterTaskDefinitionRequest, schema::SERVICE};
use wharf_wire::codec::{
    form::{self, Form},
    json,
};

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
    let hooks = |details: &str| {
        format!(
            r#"{{"deploymentConfiguration":{{"lifecycleHooks":[{{"hookDetails":{details}}}]}}}}"#
        )
    };
    let service = |body: &str| {
        let operation = SERVICE.find_operation("CreateService").unwrap();
        let mut input = CreateServiceRequest::default();
        let shape = SERVICE.operations[operation].input;
        json::decode(&SERVICE, shape, body.as_bytes(), &mut input)
            .map(|()| input)
            .map_err(|error| error.to_string())
    };
    let read = service(&hooks(r#"{"a":[18446744073709551615,-1,1.5,null,"x",{}]}"#)).unwrap();
    let shown = format!("{read:?}");
    assert!(shown.contains("18446744073709551615"), "{shown}");
    let long = format!("[{}]", vec!["0"; 100_000].join(","));
    let error = service(&hooks(&long)).unwrap_err();
    assert!(error.contains("too many list items"), "{error}");
    let nested = format!(r#"{{"environment":[{}]}}"#, vec!["{}"; 5000].join(","));
    let body = format!(
        r#"{{"containerDefinitions":[{}]}}"#,
        [nested.as_str(); 5].join(",")
    );
    assert!(decode(&body).unwrap_err().contains("too many list items"));
}

#[test]
fn parts_of_names_are_counted_over_the_whole_body() {
    let decode = |deep: usize| {
        let names = (0..20_000).map(|n| format!("{n}{}=", ".a".repeat(deep)));
        let body = names.collect::<Vec<_>>().join("&");
        let operation = EC2.find_operation("DescribeVpcs").unwrap();
        let mut input = DescribeVpcsRequest::default();
        let form = Form::parse(body.as_bytes()).unwrap();
        form::decode(&EC2, EC2.operations[operation].input, &form, &mut input)
            .map_err(|error| error.to_string())
    };
    decode(4).unwrap();
    assert!(decode(5).unwrap_err().contains("too many parts"));
}
