/** The style sheet of the page. Every colour is a variable with a value for light and one for dark. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--panel:#f5f7f9;--fg:#1b1f24;--muted:#56606b;--rule:#d5dae0;--grid:#e8ebee;
--policy:#0b5cad;--sequence:#b0440a;--simple:#6b7683;--mixing:#56606b;--oracle:#1f7a3d;--single:#39424c;--rule-line:#7a3e9d;--best:#b3134f}
@media (prefers-color-scheme:dark){:root{--bg:#14171b;--panel:#1d2126;--fg:#e9ecef;--muted:#a8b2bd;--rule:#3a424b;--grid:#272d34;
--policy:#6db3ff;--sequence:#ff9f5a;--simple:#8d98a5;--mixing:#a8b2bd;--oracle:#74d191;--single:#c3cbd3;--rule-line:#cf9df0;--best:#ff86b0}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:820px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:1.7rem;line-height:1.25;margin:0 0 .4rem;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.6rem 0 .6rem}
h3{font-size:1rem;margin:0 0 .5rem}
p,li,dd{overflow-wrap:anywhere}
.lead{color:var(--muted);margin:0 0 1.4rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:12px;margin:0;padding:0}
.cards div{background:var(--panel);border-radius:8px;padding:12px 14px}
.cards dt{color:var(--muted);font-size:.85rem;line-height:1.35}
.cards dd{margin:0;font-size:1.45rem;font-weight:650;font-variant-numeric:tabular-nums}
.cards dd small{display:block;font-size:.8rem;font-weight:400;color:var(--muted)}
figure{margin:1.6rem 0;break-inside:avoid}
figcaption{color:var(--muted);font-size:.88rem;margin-top:.4rem}
figure>svg{display:block;width:100%;height:auto}
svg.narrow{display:none}
.keys{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:0 0 .4rem;padding:0;font-size:.88rem}
.keys li{display:flex;align-items:center;gap:7px}
.keys svg{flex:none}
svg text{fill:var(--fg);font-size:13px;font-family:inherit}
svg .tick,svg .axis-title{fill:var(--muted);font-variant-numeric:tabular-nums}
svg .tick.small{font-size:11px}
svg .label{font-size:12px;paint-order:stroke;stroke:var(--bg);stroke-width:3px;stroke-linejoin:round}
svg .group{font-weight:650}
svg .value{font-variant-numeric:tabular-nums}
.grid{stroke:var(--grid)}
.axis{stroke:var(--mixing);stroke-width:1}
.line{fill:none;stroke-width:2.4;stroke-linejoin:round}
.line.policy{stroke:var(--policy)}.line.sequence{stroke:var(--sequence);stroke-dasharray:9 3}
.line.mixing{stroke:var(--mixing);stroke-width:1.8;stroke-dasharray:5 4}
.line.oracle{stroke:var(--oracle);stroke-width:1.8;stroke-dasharray:2 3}
.line.plugin{stroke:var(--policy)}.line.rule{stroke:var(--rule-line);stroke-dasharray:4 3}
.line.flat{stroke:var(--mixing);stroke-width:1.8;stroke-dasharray:2 3}
.dot{fill:var(--single)}
.dot.single{stroke:var(--bg);stroke-width:1}.dot.best{fill:var(--best)}
.ring{fill:none;stroke:var(--best);stroke-width:1.6}
.dot.policy,.dot.plugin{fill:var(--policy)}.dot.sequence{fill:var(--sequence)}.dot.rule{fill:var(--rule-line)}
.band{opacity:.2}.band.policy{fill:var(--policy)}
.fill.policy{fill:var(--policy)}.fill.sequence{fill:var(--sequence)}.fill.simple{fill:var(--simple)}
.whisker{fill:none;stroke:var(--fg);stroke-width:1.4}
.whisker.policy,.whisker.plugin{stroke:var(--policy)}.whisker.sequence{stroke:var(--sequence)}.whisker.rule{stroke:var(--rule-line)}
.scroll{overflow-x:auto;margin:.8rem 0}
.scroll:focus-visible,button:focus-visible,summary:focus-visible{outline:2px solid var(--policy);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
.caption{color:var(--muted);font-size:.9rem;margin:1rem 0 -.4rem}
th,td{padding:5px 10px 5px 0;border-bottom:1px solid var(--rule);text-align:right;white-space:nowrap;vertical-align:top}
th:first-child,td:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:6.5rem}
td small{display:block;color:var(--muted);font-size:.8rem}
tbody th{font-weight:400}
th:last-child,td:last-child{padding-right:0}
th button{all:unset;cursor:pointer;font-weight:650}
th button::after{content:" ↕";color:var(--muted)}
th[aria-sort=ascending] button::after{content:" ↑"}
th[aria-sort=descending] button::after{content:" ↓"}
details{margin:.8rem 0}
summary{cursor:pointer}
code{font:.88em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.facts{display:grid;grid-template-columns:auto 1fr;gap:4px 16px;margin:.6rem 0}
.facts dt{color:var(--muted)}
.facts dd{margin:0;min-width:0}
@media (max-width:760px){svg.wide{display:none}svg.narrow{display:block}figure>svg.narrow{max-width:480px}
.facts{grid-template-columns:1fr}.facts dd{margin-bottom:.5rem}h1{font-size:1.4rem}}
@media print{:root{color-scheme:light;--bg:#fff;--panel:#f5f7f9;--fg:#000;--muted:#444;--rule:#bbb;--grid:#e4e4e4;--policy:#0b5cad;--sequence:#b0440a;
--simple:#6b7683;--mixing:#555;--oracle:#1f7a3d;--single:#333;--rule-line:#7a3e9d;--best:#b3134f}
main{max-width:none;padding:0}h2{break-after:avoid}tr{break-inside:avoid}.scroll{overflow:visible}th button::after{content:""}
svg.wide{display:block}svg.narrow{display:none}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;

/**
 * Sorts a table by a column when its heading is pressed, and unfolds everything for paper. Without it the page says
 * the same, in the order given.
 */
export const SCRIPT = `
for (const button of document.querySelectorAll('th button')) button.addEventListener('click', () => {
  const head = button.closest('th'), table = head.closest('table'), body = table.tBodies[0];
  const down = head.getAttribute('aria-sort') !== 'descending', at = head.cellIndex;
  for (const other of head.parentElement.children) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  const key = (row) => row.cells[at].dataset.value ?? row.cells[at].textContent;
  const order = (a, b) => {
    const x = Number(key(a)), y = Number(key(b));
    return Number.isNaN(x) || Number.isNaN(y) ? key(b).localeCompare(key(a)) : y - x;
  };
  const rows = [...body.rows].filter((row) => key(row) !== '').sort(order);
  const empty = [...body.rows].filter((row) => key(row) === '');
  body.append(...(down ? rows : rows.reverse()), ...empty);
});
let folded = [];
addEventListener('beforeprint', () => {
  folded = [...document.querySelectorAll('details:not([open])')];
  for (const one of folded) one.open = true;
});
addEventListener('afterprint', () => { for (const one of folded) one.open = false; });
`;
