//! What it has of metrics, alarms, trails, findings, costs, tags, and of the installation's own service.

use serde_json::json;

use super::{Estate, HOME, NAME, OWN, REGION, STRANGER, text};
use crate::routes::Server;

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{HOME}:{resource}")
}

impl Estate {
    pub(super) async fn metrics(&mut self, server: &Server) {
        let cloudwatch = |name: &'static str| ("cloudwatch", name);
        let data = json!({"Namespace": NAME, "MetricData": [{"MetricName": NAME, "Value": 1.0}]});
        self.call(server, cloudwatch("PutMetricData"), data).await;
        let alarm = json!({
            "AlarmName": NAME, "Namespace": NAME, "MetricName": NAME, "Statistic": "Sum", "Period": 60,
            "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "ignore",
        });
        self.call(server, cloudwatch("PutMetricAlarm"), alarm.clone())
            .await;
        let mut own = alarm;
        for member in ["AlarmName", "Namespace", "MetricName"] {
            own[member] = json!(OWN);
        }
        self.own(server, cloudwatch("PutMetricAlarm"), own).await;
        let body = r#"{"widgets":[]}"#;
        let dashboard = json!({"DashboardName": NAME, "DashboardBody": body});
        self.call(server, cloudwatch("PutDashboard"), dashboard)
            .await;
        let definition = json!({
            "Schema": {"Name": "CloudWatchLogRule", "Version": 1}, "LogGroupNames": [NAME], "LogFormat": "JSON",
            "Contribution": {"Keys": ["$.a"], "Filters": []}, "AggregateOn": "Count",
        });
        let rule = json!({"RuleName": NAME, "RuleDefinition": definition.to_string()});
        self.call(server, cloudwatch("PutInsightRule"), rule).await;
        let single = json!({"Namespace": NAME, "MetricName": NAME, "Stat": "Average"});
        let detector = json!({"SingleMetricAnomalyDetector": single});
        self.call(server, cloudwatch("PutAnomalyDetector"), detector.clone())
            .await;
        self.besides("cloudwatch", "DeleteAnomalyDetector", detector);
        let schedule = json!({"Schedule": {"Expression": "cron(0 2 * * *)", "Duration": "PT4H"}});
        let mute = json!({"Name": NAME, "Rule": schedule, "MuteTargets": {"AlarmNames": [NAME]}});
        self.call(server, cloudwatch("PutAlarmMuteRule"), mute.clone())
            .await;
        self.besides("cloudwatch", "PutAlarmMuteRule", mute);
        let names: &[&str] = &[
            "AlarmName",
            "AlarmNames",
            "AlarmNamePrefix",
            "ChildrenOfAlarmName",
            "ParentsOfAlarmName",
            "DashboardName",
            "DashboardNames",
            "DashboardNamePrefix",
            "RuleName",
            "RuleNames",
            "Name",
            "Names",
            "Namespace",
            "MetricName",
            "AlarmMuteRuleName",
            "Id",
        ];
        let alarm = arn("cloudwatch", &format!("alarm:{NAME}"));
        let dashboard = format!("arn:aws:cloudwatch::{HOME}:dashboard/{NAME}");
        let rule = arn("cloudwatch", &format!("insight-rule/{NAME}"));
        let mute = arn("cloudwatch", &format!("alarm-mute-rule:{NAME}"));
        for tagged in [&alarm, &dashboard, &rule, &mute] {
            let members = [
                (names, NAME.to_owned()),
                (&["ResourceARN"], tagged.clone()),
                (&["OwningAccount"], HOME.to_owned()),
                (&["AlarmRule"], format!("ALARM(\"{alarm}\")")),
                (&["AlarmActions"], arn("sns", NAME)),
                (&["Statistics"], "Sum".to_owned()),
                (&["DashboardBody"], body.to_owned()),
            ];
            self.named("cloudwatch", &members);
        }
        let composite = |rule: String| json!({"AlarmName": "composed", "AlarmRule": rule});
        for rule in [format!("ALARM({NAME})"), format!("ALARM(\"{alarm}\")")] {
            self.besides("cloudwatch", "PutCompositeAlarm", composite(rule));
        }
        let suppressed = json!({
            "AlarmName": "composed", "AlarmRule": format!("ALARM({OWN})"), "ActionsSuppressor": alarm,
            "ActionsSuppressorWaitPeriod": 60, "ActionsSuppressorExtensionPeriod": 60,
        });
        self.besides("cloudwatch", "PutCompositeAlarm", suppressed);
        for account in [None, Some(HOME)] {
            let metric = json!({"Namespace": NAME, "MetricName": NAME});
            let stat = json!({"Metric": metric, "Period": 60, "Stat": "Sum"});
            let mut query = json!({"Id": "m", "MetricStat": stat});
            if let Some(account) = account {
                query["AccountId"] = json!(account);
            }
            let input = json!({
                "MetricDataQueries": [query], "StartTime": 1_700_000_000, "EndTime": 4_000_000_000_u32,
            });
            self.besides("cloudwatch", "GetMetricData", input);
        }
        let insight = json!({
            "MetricDataQueries": [{"Id": "m", "Expression": format!("INSIGHT_RULE_METRIC({NAME}, UniqueContributors)"), "Period": 60}],
            "StartTime": 1_700_000_000, "EndTime": 1_700_000_600,
        });
        self.besides("cloudwatch", "GetMetricData", insight);
    }

    pub(super) async fn trails(&mut self, server: &Server) {
        let cloudtrail = |name: &'static str| ("cloudtrail", name);
        let trail = json!({"Name": NAME, "S3BucketName": NAME});
        self.call(server, cloudtrail("CreateTrail"), trail).await;
        self.call(server, cloudtrail("StartLogging"), json!({"Name": NAME}))
            .await;
        let arn = arn("cloudtrail", &format!("trail/{NAME}"));
        for name in [NAME, &arn] {
            let members = [
                (&["Name", "TrailName", "trailNameList"][..], name.to_owned()),
                (&["ResourceId", "ResourceIdList"], arn.clone()),
                (&["S3BucketName"], NAME.to_owned()),
            ];
            self.named("cloudtrail", &members);
        }
    }

    pub(super) async fn findings(&mut self, server: &Server) {
        let inspector = |name: &'static str| ("inspector2", name);
        let enabled = json!({"resourceTypes": ["ECR"], "accountIds": [HOME]});
        self.call(server, inspector("Enable"), enabled.clone())
            .await;
        self.besides("inspector2", "Enable", enabled);
        let criteria = json!({"title": [{"comparison": "EQUALS", "value": NAME}]});
        let filter = json!({"name": NAME, "action": "NONE", "filterCriteria": criteria});
        let made = self.call(server, inspector("CreateFilter"), filter).await;
        let filter = text(&made, "/arn");
        self.remember(filter.rsplit('/').next().unwrap());
        let report = |bucket: &str, key: &str| json!({"reportFormat": "CSV", "s3Destination": {"bucketName": bucket, "kmsKeyArn": key}});
        let key = self.kms_key.clone();
        let made = report(NAME, &key);
        let made = self
            .call(server, inspector("CreateFindingsReport"), made)
            .await;
        let findings = text(&made, "/reportId");
        let mut sboms = report(NAME, &key);
        sboms["reportFormat"] = json!("CYCLONEDX_1_4");
        let made = self
            .call(server, inspector("CreateSbomExport"), sboms)
            .await;
        let sboms = text(&made, "/reportId");
        self.remember(&findings);
        self.remember(&sboms);
        let finding = arn("inspector2", "finding/00000000000000000000000000000001");
        for report in [findings, sboms] {
            let members = [
                (
                    &["arn", "arns", "filterArn", "resourceArn"][..],
                    filter.clone(),
                ),
                (&["reportId"], report),
                (&["accountIds", "accountId"], HOME.to_owned()),
                (&["findingArns"], finding.clone()),
                (&["name", "clientToken"], NAME.to_owned()),
                (&["kmsKeyId"], key.clone()),
            ];
            self.named("inspector2", &members);
        }
        for account in [HOME, STRANGER] {
            let of = json!([{"comparison": "EQUALS", "value": account}]);
            for operation in ["ListFindings", "ListCoverage", "ListCoverageStatistics"] {
                let member = match operation {
                    "ListFindings" => "awsAccountId",
                    _ => "accountId",
                };
                let input = json!({"filterCriteria": { member: of.clone() }});
                self.besides("inspector2", operation, input);
            }
        }
    }

    pub(super) async fn installation(&mut self, server: &Server) {
        let key = json!({"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"});
        let key = self.call(server, ("kms", "CreateKey"), key).await;
        let key = text(&key, "/KeyMetadata/KeyId");
        self.remember(&key);
        let profile = json!({"name": "secret_thing", "keyId": key});
        self.call(server, ("wharf", "CreateSigningProfile"), profile)
            .await;
        self.absent
            .push(("secret_thing".to_owned(), "absent_thing".to_owned()));
        let rule = json!({"name": NAME, "repositories": [NAME], "unsigned": true});
        self.call(server, ("wharf", "PutAdmissionRule"), rule.clone())
            .await;
        self.besides("wharf", "PutAdmissionRule", rule);
        for name in [NAME, "secret_thing"] {
            let members = [
                (&["name"][..], name.to_owned()),
                (&["keyId"], key.clone()),
                (&["cluster", "service", "pod", "request"], NAME.to_owned()),
                (&["task"], "0123456789abcdef0123456789abcdef".to_owned()),
                (&["repositories"], NAME.to_owned()),
            ];
            self.named("wharf", &members);
        }
        let cluster = arn("ecs", &format!("cluster/{NAME}"));
        let service = arn("ecs", &format!("service/{NAME}/{NAME}"));
        for input in [
            json!({"cluster": NAME, "service": NAME}),
            json!({"cluster": cluster, "service": service}),
            json!({"service": service}),
            json!({"cluster": NAME, "pod": "default/a"}),
            json!({"cluster": arn("eks", &format!("cluster/{NAME}")), "pod": "default/a"}),
        ] {
            self.besides("wharf", "Explain", input);
        }
    }

    /// There is nothing to make: costs come of what runs, and the asker's are its own alone.
    pub(super) fn costs(&mut self) {
        let arn = |kind: &str| format!("arn:aws:ce::{HOME}:{kind}/{NAME}");
        let members = [
            (
                &["TagKey", "TagKeys", "SearchString", "Name"][..],
                NAME.to_owned(),
            ),
            (
                &["MonitorArn", "MonitorArnList", "ResourceArn"],
                arn("anomalymonitor"),
            ),
            (
                &["SubscriptionArn", "SubscriptionArnList"],
                arn("anomalysubscription"),
            ),
            (&["CostCategoryArn"], arn("costcategory")),
            (&["Metrics"], "UnblendedCost".to_owned()),
            (&["Start"], "2026-01-01".to_owned()),
            (&["End"], "2026-02-01".to_owned()),
        ];
        self.named("ce", &members);
    }

    /// Every kind of tagged thing, by its ARN.
    pub(super) fn tags(&mut self) {
        for tagged in [
            arn("sqs", NAME),
            arn("sns", NAME),
            arn("ecs", &format!("cluster/{NAME}")),
            arn("logs", &format!("log-group:{NAME}")),
            arn("cloudwatch", &format!("alarm:{NAME}")),
            arn("events", &format!("event-bus/{NAME}")),
            format!("arn:aws:s3:::{NAME}"),
            format!("arn:aws:iam::{HOME}:role/{NAME}"),
            self.kms_key.clone(),
        ] {
            let members = [
                (&["ResourceARNList"][..], tagged),
                (&["Key", "TagKeys"], NAME.to_owned()),
            ];
            self.named("resourcegroupstaggingapi", &members);
        }
    }
}
