//! Images that are named by a parameter of Systems Manager.

use parking_lot::Mutex;
use wharf_api_ec2::Input;
use wharf_api_ssm::{
    Ssm,
    types::{GetParametersRequest, GetParametersResult, Parameter},
};
use wharf_wire::Check;

use super::*;

/// Parameters by name, and who asked for them.
#[derive(Default)]
struct Parameters {
    values: Mutex<BTreeMap<String, String>>,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Ssm for Parameters {
    async fn authorize(
        &self,
        _: &Context,
        _: wharf_api_ssm::Input<'_>,
    ) -> Result<Vec<Check>, Fault> {
        Ok(Vec::new())
    }

    async fn get_parameters(
        &self,
        call: &Call,
        input: GetParametersRequest,
    ) -> Result<GetParametersResult, Fault> {
        self.asked.lock().push(call.caller.arn.clone());
        let name = input.names.unwrap().remove(0);
        if name == "secret" {
            return Err(Fault::sender("AccessDeniedException", 400, "not for you"));
        }
        let value = self.values.lock().get(&name).cloned();
        let found = value.map(|value| Parameter {
            value: Some(value),
            ..Default::default()
        });
        Ok(GetParametersResult {
            parameters: Some(found.into_iter().collect()),
            invalid_parameters: None,
        })
    }
}

async fn with_parameters() -> (Cloud, Arc<Parameters>) {
    let cloud = Cloud::new(&["i-a1"]).await;
    let parameters = Arc::new(Parameters::default());
    parameters
        .values
        .lock()
        .insert("/images/web".to_owned(), cloud.image());
    cloud.ec2.parameters_from(parameters.clone());
    (cloud, parameters)
}

fn of(cloud: &Cloud, image: &str) -> RunInstancesRequest {
    RunInstancesRequest {
        image_id: Some(image.to_owned()),
        ..cloud.asked()
    }
}

#[tokio::test]
async fn a_launch_has_the_image_that_it_was_authorised_for() {
    let (cloud, parameters) = with_parameters().await;
    let (me, asked) = (cloud.call(), of(&cloud, "resolve:ssm:/images/web"));
    let checks = cloud.ec2.authorize(&me, Input::RunInstances(&asked));
    let checks = checks.await.unwrap();
    let image = format!("image/{}", cloud.image());
    assert!(
        checks.iter().any(|it| format!("{it:?}").contains(&image)),
        "{checks:?}"
    );
    // Somebody puts another into the parameter meanwhile.
    let another = "ami-0123456789abcdef0".to_owned();
    let name = "/images/web".to_owned();
    parameters.values.lock().insert(name, another);
    let made = cloud.ec2.run_instances(&me, asked).await.unwrap();
    let made = made.instances.unwrap().remove(0);
    assert_eq!(made.image_id, Some(cloud.image()));
    assert_eq!(*parameters.asked.lock(), vec![me.caller.arn.clone()]);
}

#[tokio::test]
async fn a_template_names_a_parameter() {
    let (cloud, _) = with_parameters().await;
    let me = cloud.call();
    let alias = "resolve:ssm:/images/web";
    let data = RequestLaunchTemplateData {
        image_id: Some(alias.to_owned()),
        instance_type: Some("t3.micro".to_owned()),
        ..Default::default()
    };
    let input = CreateLaunchTemplateRequest {
        launch_template_name: Some("web".to_owned()),
        launch_template_data: Some(data),
        ..Default::default()
    };
    cloud.ec2.create_launch_template(&me, input).await.unwrap();
    for (resolves, expected) in [(None, alias.to_owned()), (Some(true), cloud.image())] {
        let input = DescribeLaunchTemplateVersionsRequest {
            launch_template_name: Some("web".to_owned()),
            resolve_alias: resolves,
            ..Default::default()
        };
        let found = cloud.ec2.describe_launch_template_versions(&me, input);
        let found = found.await.unwrap().launch_template_versions.unwrap();
        let data = found[0].launch_template_data.clone().unwrap();
        assert_eq!(data.image_id, Some(expected));
    }
    let version = CreateLaunchTemplateVersionRequest {
        launch_template_name: Some("web".to_owned()),
        launch_template_data: Some(RequestLaunchTemplateData {
            image_id: Some("resolve:ssm:/images/none".to_owned()),
            ..Default::default()
        }),
        resolve_alias: Some(true),
        ..Default::default()
    };
    let made = cloud.ec2.create_launch_template_version(&me, version);
    let warned = made.await.unwrap().warning.unwrap().errors.unwrap();
    assert_eq!(warned[0].code.as_deref(), Some("InvalidParameterValue"));

    let asked = RunInstancesRequest {
        launch_template: Some(LaunchTemplateSpecification {
            launch_template_name: Some("web".to_owned()),
            version: Some("1".to_owned()),
            ..Default::default()
        }),
        min_count: Some(1),
        max_count: Some(1),
        ..Default::default()
    };
    let made = cloud.ec2.run_instances(&me, asked).await.unwrap();
    let shown = cloud.shown(&id(&made)).await;
    assert_eq!(shown.image_id, Some(cloud.image()));

    // There is nobody in whose name a fleet would read it later.
    let fleet = CreateFleetRequest {
        launch_template_configs: Some(vec![FleetLaunchTemplateConfigRequest {
            launch_template_specification: Some(FleetLaunchTemplateSpecificationRequest {
                launch_template_name: Some("web".to_owned()),
                version: Some("1".to_owned()),
                ..Default::default()
            }),
            overrides: None,
        }]),
        target_capacity_specification: Some(TargetCapacitySpecificationRequest {
            total_target_capacity: Some(1),
            ..Default::default()
        }),
        ..Default::default()
    };
    let refused = cloud.ec2.create_fleet(&me, fleet).await.unwrap_err();
    assert_eq!(refused.code, "InvalidFleetConfig");
}

#[tokio::test]
async fn parameters_that_name_no_image() {
    let (cloud, parameters) = with_parameters().await;
    let me = cloud.call();
    let (name, value) = ("password".to_owned(), "hunter2".to_owned());
    parameters.values.lock().insert(name, value);
    for (image, code) in [
        ("resolve:ssm:/images/none", "InvalidParameterValue"),
        ("resolve:ssm:secret", "InvalidParameterValue"),
        ("resolve:ssm:password", "InvalidAMIID.Malformed"),
        ("resolve:ssm:", "InvalidAMIID.Malformed"),
        ("resolve:s3:web", "InvalidAMIID.Malformed"),
    ] {
        let refused = cloud.ec2.run_instances(&me, of(&cloud, image)).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.code, code, "{image}");
        assert!(!refused.message.contains("hunter2"));
    }
}
