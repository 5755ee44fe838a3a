/** The deployment files of examples/sglang parse, and every server in them has a key, a health check and metrics. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { python, runPython } from './python.ts';

interface Container {
  name: string;
  command?: string[];
  args: string[];
  env: { name: string; valueFrom: { secretKeyRef: object } }[];
  startupProbe?: object;
  readinessProbe?: object;
  livenessProbe?: object;
}
interface Manifests {
  compose: {
    services: Record<string, { command: string | string[]; healthcheck: object; ports?: string[] }>;
  };
  kubernetes: {
    kind: string;
    metadata: { name: string };
    spec: { template: { spec: { containers: Container[] } } };
  }[];
}

let manifests: Manifests;
beforeAll(async () => {
  const interpreter = await python('manifests', ['PyYAML==6.0.3']);
  const folder = join(import.meta.dirname, '../../examples/sglang');
  manifests = JSON.parse(
    await runPython(interpreter, [join(import.meta.dirname, 'manifests.py'), folder], ''),
  );
});

describe('Docker Compose', () => {
  it('has two replicas and the gateway, each with a health check and the key, open to this machine only', () => {
    const { services } = manifests.compose;
    expect(Object.keys(services)).toEqual(['replica-0', 'replica-1', 'gateway']);
    for (const { command, healthcheck, ports = [] } of Object.values(services)) {
      expect(String(command)).toMatch(/--api-key|ROUTER_KEY/);
      expect(String(command)).toMatch(/--enable-metrics|--prometheus-port/);
      expect(healthcheck).toHaveProperty('test');
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
    expect(String(services.gateway!.command)).toContain('--policy cache_aware');
  });
});

describe('Kubernetes', () => {
  it('has replicas and gateway with probes and the key from a secret, and a role that only reads pods', () => {
    const deployments = manifests.kubernetes.filter(({ kind }) => kind === 'Deployment');
    expect(deployments.map(({ metadata }) => metadata.name)).toEqual(['router-model', 'router-gateway']);
    for (const { spec } of deployments) {
      const [container] = spec.template.spec.containers;
      expect(container).toMatchObject({ startupProbe: {}, readinessProbe: {}, livenessProbe: {} });
      expect(container!.env[0]).toMatchObject({
        name: 'ROUTER_KEY',
        valueFrom: { secretKeyRef: { name: 'router' } },
      });
      expect(container!.args.join(' ')).toMatch(/--api-key/);
    }
    expect(manifests.kubernetes.find(({ kind }) => kind === 'Role')).toMatchObject({
      rules: [{ resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
    });
  });
});
