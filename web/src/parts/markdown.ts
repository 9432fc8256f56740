// Markdown to HTML for the report view; loaded only there. HTML inside the text stays text.
import MarkdownIt from "markdown-it";

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
markdown.disable("image");

/** The view has the page's h1: the report's headings start one level below it. */
markdown.core.ruler.push("lower-headings", (state) => {
  for (const token of state.tokens) {
    if (token.type !== "heading_open" && token.type !== "heading_close") continue;
    token.tag = `h${Math.min(Number(token.tag.slice(1)) + 1, 6)}`;
  }
});
// Code and tables can be wider than the page: they scroll, also by keyboard.
markdown.renderer.rules["table_open"] = () => '<div class="scroll" tabindex="0"><table>';
markdown.renderer.rules["table_close"] = () => "</table></div>";
// The page's policy refuses style attributes, and a column of numbers has a class already.
for (const cell of ["th_open", "td_open"]) {
  markdown.renderer.rules[cell] = (tokens, i) => {
    const token = tokens[i];
    const right = token?.attrGet("style") === "text-align:right";
    return `<${token?.tag}${right ? ' class="number"' : ""}>`;
  };
}

export function toHtml(text: string): string {
  return markdown.render(text).replaceAll("<pre>", '<pre tabindex="0">');
}
