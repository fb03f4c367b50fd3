import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

/**
 * Makes the types of a whole document: `paths`, `components` and `operations`.
 *
 * @param {any} document a bundled OpenAPI document
 * @returns {Promise<string>} TypeScript declarations
 */
export async function schemaTypes(document) {
  return astToString(await openapiTS(structuredClone(document)));
}

/**
 * Makes the type of one named schema as an exported alias. Schemas that it refers to are written as
 * `components["schemas"][name]`, or as the type that `names` gives for them.
 *
 * @param {any} document a bundled OpenAPI document
 * @param {string} name name of the schema
 * @param {Map<string, string>} [names] schema names, with the name of the type to use instead
 * @returns {Promise<string>} one TypeScript declaration with its comment
 */
export async function schemaAlias(document, name, names = new Map()) {
  const nodes = await openapiTS(structuredClone(document));
  const property = member(member(declaration(nodes, 'components'), 'schemas'), name);
  const renamed = ts.transform(property, [rename(names)]).transformed[0];
  const alias = ts.factory.createTypeAliasDeclaration(
    [ts.factory.createModifier(ts.SyntaxKind.ExportKeyword)],
    name,
    undefined,
    /** @type {ts.PropertySignature} */ (renamed).type ?? missing(name),
  );
  return `${comment(document.components.schemas[name].description)}\n${astToString([alias])}`;
}

/**
 * @param {string} text
 * @returns {string} a documentation comment
 */
export function comment(text) {
  const lines = text.trim().split('\n');
  if (lines.length === 1) return `/** ${lines[0]} */`;
  return ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */'].join('\n');
}

/**
 * @param {ts.Node[]} nodes
 * @param {string} name
 * @returns {ts.Node}
 */
function declaration(nodes, name) {
  return nodes.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name) ?? missing(name);
}

/**
 * @param {any} node an interface, or a property whose type is an object
 * @param {string} name
 * @returns {ts.PropertySignature}
 */
function member(node, name) {
  const members = node.members ?? node.type?.members ?? [];
  return members.find((/** @type {any} */ item) => item.name?.text === name) ?? missing(name);
}

/**
 * @param {Map<string, string>} names
 * @returns {ts.TransformerFactory<ts.Node>}
 */
function rename(names) {
  return (context) => {
    /** @type {ts.Visitor} */
    const visit = (node) => {
      if (ts.isIndexedAccessTypeNode(node) && ts.isLiteralTypeNode(node.indexType)) {
        const own = ts.isStringLiteral(node.indexType.literal) && names.get(node.indexType.literal.text);
        if (own) return ts.factory.createTypeReferenceNode(own);
      }
      return ts.visitEachChild(node, visit, context);
    };
    return (node) => ts.visitNode(node, visit) ?? node;
  };
}

/**
 * @param {string} name
 * @returns {never}
 */
function missing(name) {
  throw new Error(`openapi-typescript gave no ${name}`);
}
