// A day's work of a program with the official JavaScript client: what it found is printed as JSON. `day.mjs NAMESPACE IMAGE`
import net from 'node:net';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import * as k8s from '@kubernetes/client-node';

const [namespace, image] = process.argv.slice(2);
const config = new k8s.KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);
const apps = config.makeApiClient(k8s.AppsV1Api);
const objects = k8s.KubernetesObjectApi.makeApiClient(config);
const seen = {};

const refusal = async (call) => {
  try {
    await call();
  } catch (error) {
    return [error.code, JSON.parse(error.body).reason];
  }
  return null;
};

const text = async (stream) => {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
};

// What an informer knows, until a pod is as wanted.
async function pod(isWanted) {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const informer = k8s.makeInformer(config, path, () => core.listNamespacedPod({ namespace, labelSelector: 'app=web' }), 'app=web');
  const found = new Promise((resolve, reject) => {
    const look = (it) => isWanted(it) && resolve(it);
    ['add', 'update'].forEach((event) => informer.on(event, look));
    informer.on('error', reject);
  });
  await informer.start();
  const it = await found;
  await informer.stop();
  return it;
}

const serve = 'echo started; echo hello > /tmp/index.html; trap exit TERM; httpd -f -p 8080 -h /tmp & while true; do sleep 1; done';
const container = {
  name: 'web', image, command: ['sh', '-c', serve], readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
};
const labels = { app: 'web' };
await core.createNamespace({ body: { metadata: { name: namespace } } });
const template = { metadata: { labels }, spec: { containers: [container], terminationGracePeriodSeconds: 1 } };
const body = { metadata: { name: 'web' }, spec: { replicas: 1, selector: { matchLabels: labels }, template } };
await apps.createNamespacedDeployment({ namespace, body });
seen.exists = await refusal(() => apps.createNamespacedDeployment({ namespace, body }));
const ready = await pod((it) => it.status?.conditions?.some((of) => of.type === 'Ready' && of.status === 'True'));
const name = ready.metadata.name;

const log = new PassThrough();
const following = await new k8s.Log(config).log(namespace, name, 'web', log, { follow: true });
seen.log = (await once(log, 'data'))[0].toString().trim();
following.abort();

const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
input.end('told\n');
const status = new Promise((resolve, reject) => {
  const command = ['sh', '-c', 'read line; echo $line; echo aside >&2; exit 3'];
  new k8s.Exec(config).exec(namespace, name, 'web', command, output, errors, input, false, resolve).catch(reject);
});
const code = (await status).details.causes.find((it) => it.reason === 'ExitCode').message;
output.end();
errors.end();
seen.exec = [(await text(output)).trim(), (await text(errors)).trim(), Number(code)];

const forward = new k8s.PortForward(config);
const server = net.createServer((socket) => forward.portForward(namespace, name, [8080], socket, null, socket));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const line = net.connect(server.address().port, '127.0.0.1');
line.write('GET / HTTP/1.0\r\n\r\n');
const answer = [];
line.on('data', (part) => answer.push(part));
while (!Buffer.concat(answer).toString().includes('hello')) await once(line, 'data');
seen.forwarded = Buffer.concat(answer).toString().trim().split('\n').at(-1);
line.destroy();
server.close();

const patch = [{ op: 'replace', path: '/spec/replicas', value: 0 }];
const options = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.JsonPatch);
const scaled = await apps.patchNamespacedDeployment({ name: 'web', namespace, body: patch }, options);
seen.scaled = [scaled.spec.replicas, scaled.metadata.generation];

const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace }, data: { colour: 'blue' } };
await objects.create(settings);
settings.data.colour = 'red';
await objects.patch(settings, undefined, undefined, 'day', true, k8s.PatchStrategy.ServerSideApply);
const { items } = await objects.list('v1', 'ConfigMap', namespace, undefined, undefined, undefined, 'metadata.name=settings');
seen.settings = items.map((it) => it.data.colour);
// Another owner may not take the field, nor may a writer who does not know the latest version.
const named = { name: 'settings', namespace };
const apply = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.ServerSideApply);
const other = { ...settings, data: { colour: 'grey' } };
seen['conflicting owner'] = await refusal(() => core.patchNamespacedConfigMap({ ...named, body: other, fieldManager: 'night' }, apply));
const known = await core.readNamespacedConfigMap(named);
const replaced = await core.replaceNamespacedConfigMap({ ...named, body: { ...known, data: { colour: 'green' } } });
seen.replaced = replaced.data.colour;
seen.conflict = await refusal(() => core.replaceNamespacedConfigMap({ ...named, body: known }));
seen.invalid = await refusal(() => core.createNamespacedService({ namespace, body: { metadata: { name: 'none' }, spec: { ports: [] } } }));
seen.missing = await refusal(() => core.readNamespacedPod({ name: 'nobody', namespace }));
await core.deleteNamespace({ name: namespace });
console.log(JSON.stringify(seen));
process.exit(0);
