import { CelEngine, TemplateFile } from '@aws/cloudformation-validate';

/** Returns what CloudFormation's validator finds in a template: errors and advice. */
export function diagnose(path: string) {
  const engine = new CelEngine();
  const { diagnostics } = engine.validateStandard(new TemplateFile(path));
  engine.free();
  return diagnostics;
}
