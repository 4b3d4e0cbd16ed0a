import { CelEngine, TemplateFile } from '@aws/cloudformation-validate';

/** What the validator of CloudFormation finds in a template, faults and advice. */
export function diagnose(path: string) {
  const engine = new CelEngine();
  const { diagnostics } = engine.validateStandard(new TemplateFile(path));
  engine.free();
  return diagnostics;
}
