/** verl's tool configuration: one entry for each candidate, and `select_response`. */
import type { ToolDefinition } from '../../request.ts';

const CALL_CLASS = 'xr_recipe.mcp_router_tool.McpRouterTool';
const SELECT_CLASS = 'xr_recipe.mcp_router_tool.SelectResponseTool';

/**
 * YAML for `actor_rollout_ref.rollout.multi_turn.tool_config_path`. What is written here is at list prices; the
 * agent loop shows the router the tools of its row instead.
 * @param models tool name to candidate id; what is not in it is the select tool
 */
export function toolConfig(tools: readonly ToolDefinition[], models: ReadonlyMap<string, string>): string {
  const lines = ['# Written by `xrouter export verl`.', 'tools:'];
  for (const tool of tools) {
    const candidate = models.get(tool.function.name);
    lines.push(`  - class_name: ${candidate === undefined ? SELECT_CLASS : CALL_CLASS}`);
    lines.push('    config:', '      type: native');
    if (candidate !== undefined) lines.push(`      candidate: ${yamlText(candidate)}`);
    lines.push(`    tool_schema: ${yamlFlow(tool)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** JSON is YAML's flow style, but for how characters beyond U+FFFF are escaped. */
function yamlFlow(value: unknown): string {
  if (typeof value === 'string') return yamlText(value);
  if (Array.isArray(value)) return `[${value.map(yamlFlow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${yamlText(key)}: ${yamlFlow(item)}`)
    .join(', ')}}`;
}

function yamlText(text: string): string {
  // `${` would be read as an interpolation by OmegaConf, which takes a backslash as its escape.
  const literal = JSON.stringify(text.replaceAll('${', '\\${'));
  return Array.from(literal, (character) => {
    const code = character.codePointAt(0)!;
    if (code < 0x7f) return character;
    return code <= 0xffff
      ? `\\u${code.toString(16).padStart(4, '0')}`
      : `\\U${code.toString(16).padStart(8, '0')}`;
  }).join('');
}
