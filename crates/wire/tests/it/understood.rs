//! Members that an operation does not understand are refused by name, before it runs.

use wharf_api_ecs::{
    ContainerDefinition, CreateServiceRequest, DeploymentConfiguration,
    RegisterTaskDefinitionRequest, schema::SERVICE,
};
use wharf_wire::{
    node::Struct,
    understood::{Line, Rule, Understood, lines},
};

const TEXT: &str = "\
# A comment.
code UnsupportedFeatureException

ContainerDefinition
    name
    versionConsistency = disabled | none
    privileged = false
    memory = 128

CreateServiceRequest
    serviceName
    desiredCount: as many as there are
    deploymentConfiguration
    monitoring *

DeploymentConfiguration
    maximumPercent

RegisterTaskDefinitionRequest
    containerDefinitions
";

fn refused(structure: &str, input: &dyn Struct) -> Option<String> {
    let understood = Understood::new(TEXT);
    let shape = SERVICE.find_shape(structure).unwrap();
    let fault = understood.refuse(&SERVICE, shape, input).err()?;
    assert_eq!(
        (fault.code.as_ref(), fault.status),
        ("UnsupportedFeatureException", 400)
    );
    let rest = fault.message.strip_prefix("The parameter ").unwrap();
    let name = rest.strip_suffix(" is not supported by this version of wharf.");
    Some(name.unwrap().to_owned())
}

#[test]
fn members_by_their_rules() {
    let check = |input: CreateServiceRequest, expected: Option<&str>| {
        let found = refused("CreateServiceRequest", &input);
        assert_eq!(found.as_deref(), expected, "{input:?}");
    };
    let mut input = CreateServiceRequest {
        service_name: Some("a".to_owned()),
        desired_count: Some(1),
        monitoring: Some(Default::default()),
        // What is empty says nothing.
        tags: Some(Vec::new()),
        client_token: Some(String::new()),
        network_configuration: Some(Default::default()),
        ..Default::default()
    };
    check(input.clone(), None);
    input.deployment_configuration = Some(DeploymentConfiguration {
        maximum_percent: Some(200),
        ..Default::default()
    });
    check(input.clone(), None);
    input.deployment_configuration = Some(DeploymentConfiguration {
        minimum_healthy_percent: Some(0),
        ..Default::default()
    });
    check(
        input.clone(),
        Some("deploymentConfiguration.minimumHealthyPercent"),
    );
    input.deployment_configuration = None;
    input.enable_execute_command = Some(false);
    check(input, Some("enableExecuteCommand"));
}

#[test]
fn values_that_are_what_happens_anyway() {
    let check = |definition: ContainerDefinition, expected: Option<&str>| {
        let input = RegisterTaskDefinitionRequest {
            container_definitions: Some(vec![Default::default(), definition]),
            ..Default::default()
        };
        let found = refused("RegisterTaskDefinitionRequest", &input);
        let expected = expected.map(|it| format!("containerDefinitions.{it}"));
        assert_eq!(found, expected);
    };
    let given = |privileged, memory, consistency: &str| ContainerDefinition {
        privileged,
        memory,
        version_consistency: Some(consistency.to_owned()),
        ..Default::default()
    };
    check(given(Some(false), Some(128), "disabled"), None);
    check(given(Some(false), Some(128), "none"), None);
    check(given(Some(true), None, "none"), Some("privileged"));
    check(given(None, Some(129), "none"), Some("memory"));
    check(given(None, None, "enabled"), Some("versionConsistency"));
}

#[test]
fn names_that_are_in_no_model() {
    for (text, expected) in [
        ("Nothing\n", "there is no structure Nothing"),
        ("Tag\n    key\n    other\n", "Tag has no other"),
        ("Tag\nTag\n", "Tag is there twice"),
        ("    key\n", "a member without a structure"),
    ] {
        let understood = Understood::new(text);
        let found = understood.check(&SERVICE).unwrap_err();
        assert_eq!(found.to_string(), expected);
    }
    let first: Vec<Line<'_>> = lines("A\n    b: why: so\n").collect();
    let why = Line::Member("b", Rule::Recorded("why: so"));
    assert_eq!(first, [Line::Structure("A"), why]);
}
