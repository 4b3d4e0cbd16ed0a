/** What `serverless package` makes, for the tests of what is known before a deployment. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyProject, copyUnbundled, runServerless } from './emulator.ts';

export interface Resource {
  Type: string;
  Condition?: ConditionName;
  DependsOn?: string | string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  Properties: Record<string, unknown>;
}

type ConditionName = 'HasAlarms' | 'HasMailEvents' | 'HasAlarmsAndMailEvents';

type Condition =
  | { Condition: ConditionName }
  | { 'Fn::And': Condition[] }
  | { 'Fn::Not': [Condition] }
  | { 'Fn::Equals': [unknown, unknown] };

export interface Template {
  Conditions: Record<ConditionName, Condition>;
  Resources: Record<string, Resource>;
  Outputs: Record<string, object>;
}

export interface Statement {
  Sid?: string;
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: object;
}

interface Role {
  AssumeRolePolicyDocument: { Statement: unknown[] };
  Policies: { PolicyDocument: { Statement: Statement[] } }[];
}

export interface Package {
  /** All that was printed. */
  output: string;
  /** The copy of the project from which it was made. */
  project: string;
  /** Of the template, and of the functions' zips. */
  folder: string;
  templatePath: string;
  template: Template;
}

/** The origins of ALL_SETTINGS. */
export const ORIGINS = 'https://app.example.com, http://localhost:5173';

/** Params that every deployed stage needs. */
const NEEDED_SETTINGS = ['mailFrom=no-reply@example.com'];

/** CloudFormation resolves it: no template has the key. */
export const KEY_REFERENCE = '{{resolve:secretsmanager:user-authentication/importedPasswordKey}}';

/** Params that turn on every resource and permission. */
export const ALL_SETTINGS = [
  'requireVerifiedEmail=true',
  'passwordResetPage=https://app.example.com/reset-password',
  'emailVerificationPage=https://app.example.com/verify-email',
  `allowedOrigins=${ORIGINS}`,
  'allowedHeaders=X-Requested-With, traceparent',
  'alarmEmail=ops@example.com',
  'mailEvents=true',
  `importedPasswordKey=${KEY_REFERENCE}`,
];

export interface PackageOptions {
  stage?: string;
  /** Such as `bcryptCost=13`, beside those that every deployed stage needs. */
  params?: string[];
  /**
   * False: there are no zips (`copyUnbundled`). The template is the same but for their names, and
   * bundling takes most of the time.
   */
  code?: boolean;
}

/**
 * Runs `serverless package` on a copy of the project.
 *
 * @param project the folder of the copy, which is made
 * @throws Error with all that was printed
 */
export async function packageInto(
  project: string,
  { stage = 'prod', params = [], code = true }: PackageOptions = {},
): Promise<Package> {
  await (code ? copyProject : copyUnbundled)(project);
  const all = stage === 'local' ? params : [...NEEDED_SETTINGS, ...params];
  const args = ['package', '--stage', stage, ...all.map((param) => `--param=${param}`)];
  const { status, stdout, stderr } = await runServerless(args, { cwd: project }).exited;
  const output = stdout + stderr;
  if (status !== 0) throw new Error(output);
  const folder = join(project, '.serverless');
  const templatePath = join(folder, 'cloudformation-template-update-stack.json');
  const template = JSON.parse(await readFile(templatePath, 'utf8')) as Template;
  return { output, project, folder, templatePath, template };
}

/** Whether a condition of the template holds. */
export function holds(template: Template, condition: Condition): boolean {
  if ('Condition' in condition) return holds(template, template.Conditions[condition.Condition]);
  if ('Fn::And' in condition) return condition['Fn::And'].every((each) => holds(template, each));
  if ('Fn::Not' in condition) return !holds(template, condition['Fn::Not'][0]);
  const [left, right] = condition['Fn::Equals'];
  return String(left) === String(right);
}

/** The resource that osls makes of a function. */
export function functionOf({ Resources }: Template, name: string) {
  const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;
  return Resources[id]?.Properties as {
    FunctionName: string;
    MemorySize: number;
    Role: { 'Fn::GetAtt': [string, 'Arn'] };
    Environment: { Variables: Record<string, string> };
  };
}

export function roleOf(template: Template, name: string): Role {
  const [id] = functionOf(template, name).Role['Fn::GetAtt'];
  return template.Resources[id]?.Properties as unknown as Role;
}

export function statementsOf(template: Template, name: string): Statement[] {
  return roleOf(template, name).Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}
