/** The report's look (phone, desk, dark, paper) and its few lines of script (the image under the pointer). */
export const reportStyle = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--page:#fbfbfa;--card:#fff;--accent:#0b6e4f;
--positive:#0b6e4f;--negative:#c2410c;--warn:#9a6700;
--m0:#8c959f;--m1:#c2410c;--m2:#b8860b;--m3:#2da44e;--m4:#86a873;--m5:#0969da;--m6:#8250df;--m7:#a0522d;--m8:#00838f;--m9:#bf3989;--m10:#0b6e4f}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--line:#343b44;--page:#0f1317;--card:#171c22;--accent:#4ac796;
--positive:#4ac796;--negative:#ff8a5c;--warn:#e3b341;--m0:#8c959f;--m1:#ff8a5c;--m2:#e3b341;--m3:#56d364;--m4:#a9c99a;--m5:#58a6ff;--m6:#bc8cff;--m7:#d2976a;--m8:#39c5cf;--m9:#f778ba;--m10:#4ac796}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1240px;padding:16px;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;line-height:1.2;margin:.4em 0}h2{font-size:1.2rem;margin:2em 0 .6em}h3{font-size:1rem;margin:0 0 .4em}
p{margin:.5em 0;max-width:100ch}code{font:.88em ui-monospace,monospace;overflow-wrap:anywhere}
.soft,figcaption,.reason{color:var(--soft);font-size:.88rem}
.verdict{background:var(--card);border:1px solid var(--line);border-left:5px solid var(--accent);border-radius:6px;padding:.6em 1em}
.verdict p:first-child{font-size:1.1rem;font-weight:600}
.warning p{overflow-wrap:anywhere}.warning{border-left:5px solid var(--warn);padding:.1em 1em;margin:.5em 0}
.range{white-space:nowrap}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.92rem}
th,td{padding:.42em .6em;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
th:first-child,td:first-child{text-align:left}thead th{font-weight:600;vertical-align:bottom}
tr.ours td:first-child{font-weight:700;box-shadow:inset 3px 0 var(--accent)}.here{margin-left:.5em;padding:0 .5em;border:1px solid var(--accent);border-radius:1em;color:var(--accent);font-size:.78rem;font-weight:600;white-space:nowrap}tr.best{background:color-mix(in srgb,var(--accent) 10%,transparent)}
.swatch{display:inline-block;width:.7em;height:.7em;border-radius:2px;margin-right:.45em;background:var(--c)}
.swatch.dashed{background:repeating-linear-gradient(90deg,var(--c) 0 .25em,transparent .25em .4em)}
.legend .swatch{width:1.3em;height:.45em;vertical-align:.15em}.legend .swatch.threshold{width:2px;height:1em;background:var(--ink);vertical-align:-.15em}.threshold{stroke:var(--ink);stroke-width:1.6}
.key{display:block;color:var(--soft);font:.8em ui-monospace,monospace}
.cards{display:grid;gap:16px;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr))}
.card{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:12px;min-width:0;margin:0;break-inside:avoid}
svg{display:block;width:100%;height:auto}.tick{font:10.5px system-ui,sans-serif;fill:var(--soft)}
.label{font:11.5px system-ui,sans-serif;fill:var(--ink)}.grid{stroke:var(--line);stroke-width:.6}.axis{stroke:var(--soft)}
.chance{stroke:var(--soft);stroke-dasharray:3 3}.series path{fill:none;stroke:var(--c);stroke-width:1.8}.series circle{fill:var(--c)}
.dashed path{stroke-dasharray:5 4}.fill{fill-opacity:.4;stroke-width:1.4}.fill.positive{fill:var(--positive);stroke:var(--positive)}
.fill.negative{fill:var(--negative);stroke:var(--negative)}
.legend{display:flex;flex-wrap:wrap;gap:.2em 1em;font-size:.86rem;margin:.4em 0 0;padding:0;list-style:none}
.legend li{display:flex;gap:.45em;align-items:baseline}.legend .swatch{flex:none;margin:0}
.dot{fill-opacity:.75;cursor:crosshair}.dot.trainPositive{fill:var(--positive)}.dot.testPositive{fill:none;stroke:var(--positive);stroke-width:1.4}
.dot.trainNegative{fill:var(--negative)}.dot.testNegative{fill:none;stroke:var(--negative);stroke-width:1.4}
.dot.testPositive,.dot.testNegative{pointer-events:all}.dot.lit{stroke:var(--ink);stroke-width:2.5}
.strip{display:flex;flex-wrap:wrap;gap:6px;margin:.2em 0 .7em}.strip figure{margin:0;width:120px}.strip img{display:block;width:120px;height:120px;border-radius:4px;border:3px solid var(--line)}
.strip .wrong img{border-color:var(--negative)}.strip figcaption{font-size:.72rem;line-height:1.25;text-align:center}
.strip .name{display:flex;justify-content:center;white-space:pre}.name>:first-child{overflow:hidden;text-overflow:ellipsis}.name>:last-child{flex:none}.confusion{width:auto;font-size:.86rem}.peek{position:fixed;z-index:9;pointer-events:none;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:6px;box-shadow:0 4px 16px #0004;font-size:.78rem;max-width:200px;overflow-wrap:anywhere}
.peek img{display:block;width:144px;height:144px;image-rendering:auto;border-radius:4px}
@media screen and (max-width:720px){body{padding:10px}.strip figure{width:calc((100% - 12px)/3)}.strip img{width:100%;height:auto;aspect-ratio:1}
.main thead{display:none}.main tr{display:grid;grid-template-columns:1fr 1fr;padding:.5em;border-bottom:1px solid var(--line)}
.main td{border:0;padding:.1em .3em;text-align:left}.main td:first-child,.main td.wide{grid-column:1/-1}
.main td[data-name]{display:flex;gap:.4em;justify-content:space-between}.main td>span{text-align:right}
.main td[data-name]::before{content:attr(data-name);color:var(--soft);font-size:.82rem}}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;--page:#fff;--card:#fff}body{max-width:none;font-size:9.5pt;line-height:1.35;padding:0}
h1{font-size:15pt}h2{font-size:12pt;margin:1.2em 0 .4em}h3{font-size:9pt;margin:0 0 .2em}.cards{grid-template-columns:repeat(3,1fr);gap:8px}.cards.pair{grid-template-columns:1fr 1fr}.card{padding:6px;box-shadow:none}.card h3{font-size:8.5pt}.legend,figcaption,.soft{font-size:7.5pt}
.strip{gap:4px;margin:0 0 .3em}.strip figure{width:76px}.strip img{width:76px;height:76px;border-width:2px}.strip figcaption{font-size:6.5pt}.scroll{overflow:visible}table{font-size:8pt}td .soft,.here{font-size:1em}th,td{padding:.2em .35em}
h2,h2+p,h3,summary{break-after:avoid}tr,.verdict,.strip,figure{break-inside:avoid}.swatch,td,img{print-color-adjust:exact;-webkit-print-color-adjust:exact}
details:not([open]),.screen,.peek{display:none}summary{list-style:none;font-weight:600}.notes{columns:2;column-gap:18px}.notes p{margin:0 0 .5em;font-size:8pt;break-inside:avoid}}
`

export const reportScript = `
const thumbs=JSON.parse(document.getElementById('thumbs').textContent);
const peek=document.createElement('div');peek.className='peek';peek.hidden=true;document.body.append(peek);
let lit;
function show(dot){if(lit)lit.classList.remove('lit');lit=dot;if(!dot){peek.hidden=true;return}
dot.classList.add('lit');const [src,name]=thumbs[dot.dataset.image];peek.textContent='';
if(src){const img=document.createElement('img');img.src=src;img.alt='';peek.append(img)}peek.append(name);peek.hidden=false;
const r=dot.getBoundingClientRect();
peek.style.left=Math.max(4,Math.min(r.right+8,innerWidth-peek.offsetWidth-4))+'px';
peek.style.top=Math.max(4,Math.min(r.top-20,innerHeight-peek.offsetHeight-4))+'px'}
for(const svg of document.querySelectorAll('.scatter')){const dots=[...svg.querySelectorAll('.dot')];
svg.addEventListener('pointerover',e=>show(e.target.closest('.dot')));svg.addEventListener('pointerleave',()=>show());
svg.addEventListener('click',e=>show(e.target.closest('.dot')));svg.addEventListener('blur',()=>show());
svg.addEventListener('keydown',e=>{const step={ArrowRight:1,ArrowDown:1,ArrowLeft:-1,ArrowUp:-1}[e.key];if(!step)return;
e.preventDefault();const at=dots.indexOf(lit);show(dots[(at+step+dots.length)%dots.length])})}
`
