/** What `serverless package` makes, for the tests of what is known before a deployment. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyProject, runServerless } from './emulator.ts';

export interface Resource {
  Type: string;
  Condition?: string;
  DependsOn?: string | string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  Properties: Record<string, unknown>;
}

export interface Template {
  Conditions: { HasAlarms: { 'Fn::Not': [{ 'Fn::Equals': [string, string] }] } };
  Resources: Record<string, Resource>;
  Outputs: Record<string, object>;
}

export interface Statement {
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
  /** Of the template, and of the functions' zips. */
  folder: string;
  templatePath: string;
  template: Template;
}

/**
 * @param project a folder that is made, for a copy of the project
 * @param params such as `bcryptCost=13`
 * @throws Error with all that was printed
 */
export async function packageInto(
  project: string,
  { stage = 'prod', params = [] }: { stage?: string; params?: string[] } = {},
): Promise<Package> {
  await copyProject(project);
  const args = ['package', '--stage', stage, ...params.map((param) => `--param=${param}`)];
  const { status, stdout, stderr } = await runServerless(args, { cwd: project }).exited;
  const output = stdout + stderr;
  if (status !== 0) throw new Error(output);
  const folder = join(project, '.serverless');
  const templatePath = join(folder, 'cloudformation-template-update-stack.json');
  const template = JSON.parse(await readFile(templatePath, 'utf8')) as Template;
  return { output, folder, templatePath, template };
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
