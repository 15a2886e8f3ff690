# shellcheck shell=bash disable=SC2016,SC2154,SC2034 # JMESPath in backquotes; variables of shared.sh
# Chapter six: a cluster of Kubernetes, its nodes EC2 instances of this machine, kubectl as everybody has it.

kubectl_program='' forwarding='' instance=''

# kubectl asks `aws` on the PATH for its token.
kubectl() { PATH="$(dirname "$aws_program"):$PATH" "$kubectl_program" --kubeconfig "$work/kubeconfig" "$@"; }
find_kubectl() {
  kubectl_program=$(first_of "$here/.cache/tools/usr/bin/kubectl-1.36" kubectl) \
    || die "no kubectl: run 'make deps', or install it (https://kubernetes.io/docs/tasks/tools/)"
}

# A role that EKS, or EC2, may take: make_role_of NAME SERVICE POLICY
make_role_of() {
  show aws iam create-role --role-name "$1" --query Role.Arn --output text --assume-role-policy-document \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"$2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}"
  show aws iam attach-role-policy --role-name "$1" --policy-arn "arn:aws:iam::aws:policy/$3"
}

make_cluster() {
  local role_arn subnet_list
  make_role_of cluster eks AmazonEKSClusterPolicy
  keep role_arn aws iam get-role --role-name cluster --query Role.Arn --output text
  keep subnet_list aws ec2 describe-subnets --filters Name=default-for-az,Values=true --query 'join(`,`, Subnets[].SubnetId)' --output text
  show aws eks create-cluster --name demo --role-arn "$role_arn" --resources-vpc-config "subnetIds=$subnet_list" \
    --access-config authenticationMode=API --query cluster.status --output text
  until_within 60 eval '[ "$(aws eks describe-cluster --name demo --query cluster.status --output text)" = ACTIVE ]' \
    || die "the cluster was not active in time"
  show aws eks describe-cluster --name demo --query 'cluster.[status,version,endpoint]' --output text
  show aws eks update-kubeconfig --name demo --kubeconfig "$work/kubeconfig"
}

# An instance whose user data says which cluster it belongs to, as on Amazon Linux 2023.
make_node() {
  local image endpoint authority cidr node_role
  make_role_of node ec2 AmazonEC2ContainerRegistryReadOnly
  show aws iam create-instance-profile --instance-profile-name node --query InstanceProfile.Arn --output text
  show aws iam add-role-to-instance-profile --instance-profile-name node --role-name node
  keep node_role aws iam get-role --role-name node --query Role.Arn --output text
  show aws eks create-access-entry --cluster-name demo --type EC2_LINUX --principal-arn "$node_role" --query accessEntry.username --output text
  keep endpoint aws eks describe-cluster --name demo --query cluster.endpoint --output text
  keep authority aws eks describe-cluster --name demo --query cluster.certificateAuthority.data --output text
  keep cidr aws eks describe-cluster --name demo --query cluster.kubernetesNetworkConfig.serviceIpv4Cidr --output text
  cat >"$work/node.mime" <<MIME
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="//"

--//
Content-Type: application/node.eks.aws

apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  cluster:
    name: demo
    apiServerEndpoint: $endpoint
    certificateAuthority: $authority
    cidr: $cidr
--//--
MIME
  keep image aws ssm get-parameter --name /aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id \
    --query Parameter.Value --output text
  keep instance aws ec2 run-instances --image-id "$image" --instance-type t3.small --iam-instance-profile Name=node \
    --user-data "file://$work/node.mime" --query 'Instances[0].InstanceId' --output text
  until_within 120 eval 'kubectl get nodes --no-headers 2>/dev/null | grep -q " Ready "' || die "no node was ready in time"
  show kubectl get nodes
}

# Two pods, told again and again until both are there.
deploy() {
  cat >"$work/web.yaml" <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: localhost:$1/web:$2
        ports: [{containerPort: 80}]
        readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}
        # Until the load balancer has heard that it goes.
        lifecycle: {preStop: {sleep: {seconds: 3}}}
YAML
  [ "$2" != 1 ] || show cat "$work/web.yaml"
  show kubectl apply -f "$work/web.yaml"
  show kubectl rollout status deployment/web --timeout "$((60 * patience))s"
  show kubectl get pods -o wide
}

# What a pod says, through the API server and its node: ask_pod PORT
ask_pod() {
  spell "kubectl port-forward deployment/web $1:80 &"
  kubectl port-forward deployment/web "$1:80" >"$work/forward.log" 2>&1 &
  forwarding=$!
  until_within 30 curl -s -o /dev/null --fail "http://127.0.0.1:$1/" || { cat "$work/forward.log" >&2; die "no pod answered"; }
  show curl -s "http://127.0.0.1:$1/"
  stop_forwarding
}
stop_forwarding() {
  [ -z "$forwarding" ] || { kill "$forwarding" && wait "$forwarding"; } 2>/dev/null || true
  forwarding=
}

# A network load balancer in front of the pods, asked by its name: open_to_all PORT
open_to_all() {
  show kubectl expose deployment web --type LoadBalancer --port "$1" --target-port 80 --overrides \
    '{"apiVersion":"v1","metadata":{"annotations":{"service.beta.kubernetes.io/aws-load-balancer-scheme":"internet-facing"}}}'
  until_within 90 eval 'name=$(kubectl get service web --output "jsonpath={.status.loadBalancer.ingress[0].hostname}") && [ -n "$name" ]' \
    || die "the load balancer had no name in time"
  show kubectl get service web
  url=http://$name:$1/
  find_name "$1"
}
# Whether whoever asks the load balancer is answered by this version alone: answers_are VERSION
answers_are() {
  local answer
  for _ in 1 2 3 4; do
    answer=$(curl -s --fail --max-time 15 "${resolve[@]}" "$url") || return 1
    case $answer in "version $1,"*) ;; *) return 1 ;; esac
  done
}
ask_balancer() {
  until_within 60 answers_are "$1" || die "version $1 did not answer through the load balancer"
  ask_all 4
}

kubernetes_answers() {
  local port
  data=$work/data
  chapter_title "Chapter six: Kubernetes on the same machines"
  find_kubectl
  look_at_machine
  port=$(free_port 4566)

  say "1. Start wharf on a machine that keeps EC2 instances"
  start_wharf up --instances --data "$data" --port "$port" "${without_userns[@]}"
  point_tools --data "$data"
  build_image 1
  build_image 2
  push_images "$port" 1 2

  say "2. A cluster, and kubectl"
  make_cluster
  show kubectl get namespaces

  say "3. A node: an instance that joins"
  make_node

  say "4. A Deployment, its pods at addresses of the VPC"
  deploy "$port" 1
  show kubectl logs deployment/web
  show kubectl exec deployment/web -- hostname
  ask_pod "$(free_port 8080)"

  say "5. A Service of type LoadBalancer, and it answers over HTTP"
  open_to_all "$(free_port 8081)"
  ask_balancer 1

  say "6. A new version, pod by pod"
  deploy "$port" 2
  ask_balancer 2

  say "7. Take it all down"
  show kubectl delete service/web deployment/web
  until_within 90 eval '[ -z "$(kubectl get pods --no-headers 2>/dev/null)" ]' || die "pods were left"
  show aws ec2 terminate-instances --instance-ids "$instance" --query 'TerminatingInstances[0].CurrentState.Name' --output text
  until_within 90 eval '[ "$(aws ec2 describe-instances --instance-ids "$instance" --query "Reservations[0].Instances[0].State.Name" --output text)" = terminated ]' \
    || die "the instance was left"
  show aws eks delete-cluster --name demo --query cluster.status --output text
  until_within 60 eval '[ "$(aws eks list-clusters --query "length(clusters)" --output text)" = 0 ]' || die "the cluster was left"
  show wharf down --data "$data"
  wait "$up" 2>/dev/null || true
  up=
  printf '\nFrom an empty machine to pods that answer, and back.\n'
}

# However the chapter ended.
leave_kubernetes_answers() {
  stop_forwarding
  leave_one_machine
}
