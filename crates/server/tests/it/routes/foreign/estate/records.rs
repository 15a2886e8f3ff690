//! What it has of logs, identities and containers beside the first of each.

use serde_json::json;

use super::{Estate, HOME, NAME, REGION, STRANGER, element, text};
use crate::routes::Server;

impl Estate {
    pub(super) async fn more_of_logs(&mut self, server: &Server) {
        let logs = |name: &'static str| ("logs", name);
        let query =
            json!({"name": NAME, "queryString": "fields @message", "logGroupNames": [NAME]});
        let query = self.call(server, logs("PutQueryDefinition"), query).await;
        let definition = text(&query, "/queryDefinitionId");
        self.remember(&definition);
        let table = json!({"lookupTableName": "secret_thing", "tableBody": "a,b\n1,2\n"});
        let table = self.call(server, logs("CreateLookupTable"), table).await;
        let table = text(&table, "/lookupTableArn");
        let asked = json!({
            "logGroupNames": [NAME], "startTime": 1, "endTime": 4_000_000_000_u32, "queryString": "fields @message",
        });
        let asked = self.call(server, logs("StartQuery"), asked).await;
        let asked = text(&asked, "/queryId");
        self.remember(&asked);
        let filter = json!({
            "logGroupName": NAME, "filterName": NAME, "filterPattern": "",
            "metricTransformations": [{"metricName": NAME, "metricNamespace": NAME, "metricValue": "1"}],
        });
        self.call(server, logs("PutMetricFilter"), filter).await;
        let arn = |what: &str| format!("arn:aws:logs:{REGION}:{HOME}:{what}");
        let bus = format!("arn:aws:events:{REGION}:{HOME}:event-bus/default");
        let source = json!({"name": NAME, "resourceArn": bus, "logType": "INFO_LOGS"});
        self.call(server, logs("PutDeliverySource"), source).await;
        let group = json!({"destinationResourceArn": arn(&format!("log-group:{NAME}"))});
        let destination = json!({"name": NAME, "deliveryDestinationConfiguration": group});
        self.call(server, logs("PutDeliveryDestination"), destination)
            .await;
        let destination = arn(&format!("delivery-destination:{NAME}"));
        let delivery = json!({"deliverySourceName": NAME, "deliveryDestinationArn": destination});
        let delivery = self.call(server, logs("CreateDelivery"), delivery).await;
        let delivery = text(&delivery, "/delivery/id");
        self.remember(&delivery);
        let names: &[&str] = &[
            "deliverySourceName",
            "deliveryDestinationName",
            "destinationName",
            "DestinationNamePrefix",
            "policyName",
            "lookupTableNamePrefix",
            "queryDefinitionNamePrefix",
            "filterName",
            "filterNamePrefix",
            "logGroupNamePattern",
            "logGroupName",
            "name",
        ];
        self.named(
            "logs",
            &[
                (names, NAME.to_owned()),
                (&["queryDefinitionId"], definition),
                (&["queryId"], asked),
                (&["lookupTableArn"], table),
                (&["lookupTableName"], "secret_thing".to_owned()),
                (&["identifier"], arn(&format!("scheduled-query:{NAME}"))),
                (&["taskId"], NAME.to_owned()),
                (&["filterLogGroupArn"], arn(&format!("log-group:{NAME}"))),
                (&["accountIdentifiers"], HOME.to_owned()),
                (&["kmsKeyId"], self.kms_key.clone()),
                (&["destinationArn"], arn(&format!("destination:{NAME}"))),
                (&["destination"], NAME.to_owned()),
                (&["deliveryDestinationArn"], destination),
                (&["id"], delivery),
            ],
        );
    }

    pub(super) async fn more_of_identities(&mut self, server: &Server) {
        let iam = |name: &'static str| ("iam", name);
        let url = format!("https://{NAME}.example.test");
        let provider = json!({
            "Url": url, "ClientIDList": ["x"], "ThumbprintList": ["0123456789012345678901234567890123456789"],
        });
        let provider = self.call(server, iam("CreateOpenIDConnectProvider"), provider);
        let provider = element(&provider.await, "OpenIDConnectProviderArn");
        let device = json!({"VirtualMFADeviceName": NAME});
        let device = self
            .call(server, iam("CreateVirtualMFADevice"), device)
            .await;
        let device = element(&device, "SerialNumber");
        self.call(
            server,
            iam("CreateAccountAlias"),
            json!({"AccountAlias": NAME}),
        )
        .await;
        let user = format!("arn:aws:iam::{HOME}:user/{NAME}");
        let job = self.call(
            server,
            iam("GenerateServiceLastAccessedDetails"),
            json!({"Arn": user}),
        );
        let job = element(&job.await, "JobId");
        self.remember(&job);
        self.named(
            "iam",
            &[
                (&["OpenIDConnectProviderArn"][..], provider),
                (&["SerialNumber"], device),
                (&["JobId"], job),
                (
                    &[
                        "AccountAlias",
                        "VirtualMFADeviceName",
                        "Name",
                        "UserName",
                        "RoleName",
                    ],
                    NAME.to_owned(),
                ),
                (
                    &["SAMLProviderArn"],
                    format!("arn:aws:iam::{HOME}:saml-provider/{NAME}"),
                ),
                (&["ServerCertificateName"], NAME.to_owned()),
                (&["PathPrefix"], format!("/{NAME}/")),
                (&["Url"], url),
                (&["EntityArn"], user),
                (&["OwnerId", "OwnerAccountId"], HOME.to_owned()),
            ],
        );
    }

    pub(super) async fn more_of_containers(&mut self, server: &Server) {
        let rule = json!({"ecrRepositoryPrefix": NAME, "upstreamRegistryUrl": "public.ecr.aws"});
        self.call(server, ("ecr", "CreatePullThroughCacheRule"), rule)
            .await;
        let template = json!({"prefix": NAME, "appliedFor": ["PULL_THROUGH_CACHE"]});
        self.call(
            server,
            ("ecr", "CreateRepositoryCreationTemplate"),
            template,
        )
        .await;
        self.named(
            "ecr",
            &[
                (
                    &[
                        "ecrRepositoryPrefix",
                        "ecrRepositoryPrefixes",
                        "prefix",
                        "prefixes",
                    ][..],
                    NAME.to_owned(),
                ),
                (&["upstreamRegistryUrl"], "public.ecr.aws".to_owned()),
                (&["registryId"], HOME.to_owned()),
                (&["registryIds"], HOME.to_owned()),
                (
                    &["principalArn"],
                    format!("arn:aws:iam::{HOME}:role/{NAME}"),
                ),
            ],
        );
        let made = json!({"Name": format!("/{NAME}/a"), "Value": "x", "Type": "String"});
        self.call(server, ("ssm", "PutParameter"), made).await;
        self.named(
            "ssm",
            &[
                (&["Path"][..], format!("/{NAME}")),
                (
                    &["InstanceId", "InstanceIds", "Target"],
                    format!("mi-{:017}", 1),
                ),
            ],
        );
        let listed = json!({"cluster": NAME, "service": NAME});
        let listed = self
            .call(server, ("ecs", "ListServiceDeployments"), listed)
            .await;
        let deployment = text(&listed, "/serviceDeployments/0/serviceDeploymentArn");
        let revision = text(&listed, "/serviceDeployments/0/targetServiceRevisionArn");
        self.remember(deployment.rsplit('/').next().unwrap());
        self.remember(revision.rsplit('/').next().unwrap());
        self.named(
            "ecs",
            &[
                (
                    &["serviceDeploymentArn", "serviceDeploymentArns"][..],
                    deployment,
                ),
                (&["serviceRevisionArns"], revision),
                (&["hookId", "namespace"], NAME.to_owned()),
            ],
        );
        let run = json!({"cluster": NAME, "taskDefinition": format!("arn:aws:ecs:{REGION}:{HOME}:task-definition/{NAME}:1")});
        self.besides("ecs", "RunTask", run);
        let image = format!("{HOME}.dkr.ecr.{REGION}.amazonaws.com/{NAME}:latest");
        let containers = json!([{
            "name": "main", "image": image, "memory": 16,
            "secrets": [{"name": "A", "valueFrom": format!("arn:aws:ssm:{REGION}:{HOME}:parameter/{NAME}")}],
        }]);
        let role = format!("arn:aws:iam::{STRANGER}:role/{}", super::SERVED);
        let definition = json!({"family": format!("{NAME}-copied"), "containerDefinitions": containers, "executionRoleArn": role});
        self.besides("ecs", "RegisterTaskDefinition", definition);
    }
}
