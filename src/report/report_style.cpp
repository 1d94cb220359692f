#include "report/report_page.h"

namespace foresight {

const char* report_style() {
  return R"css(
:root { color-scheme: light dark; --ground: #fff; --text: #1c2126; --dim: #5d6770;
  --line: #dfe3e7; --track: #eef1f4; --tip: #fffffff2; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #15191d; --text: #e6eaee; --dim: #9aa5af; --line: #313940; --track: #22292f;
    --tip: #1f262cf2; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--ground);
  color: var(--text); font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0 0 .2rem; }
p { margin: .3rem 0; }
.dim, small { color: var(--dim); }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr));
  gap: 1.4rem; }
figure { margin: 0; position: relative; min-width: 0; }
figure svg { width: 100%; height: auto; display: block; touch-action: pan-y;
  user-select: none; -webkit-user-select: none; }
figure.live svg { cursor: crosshair; }
.tools { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: .4rem 0; }
.tools label, .legend label { display: inline-flex; gap: .35rem; align-items: center;
  min-height: 1.9rem; overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin: .5rem 0; }
.swatch { display: inline-block; flex: none; width: 1.3rem; height: .25rem; border-radius: .1rem; }
button { font: inherit; color: inherit; background: var(--track); border: 1px solid var(--line);
  border-radius: .4rem; padding: .2rem .7rem; min-height: 2rem; }
.tip { position: absolute; pointer-events: none; background: var(--tip); font-size: .8rem;
  border: 1px solid var(--line); border-radius: .4rem; padding: .35rem .55rem; max-width: 19rem;
  z-index: 2; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: right;
  vertical-align: top; }
th { font-weight: 600; font-size: .88rem; }
td.text, th.text { text-align: left; overflow-wrap: break-word; min-width: 9rem; }
td small { display: block; white-space: nowrap; }
tr:last-child > * { border-bottom: 0; }
.bar { display: flex; height: 1.1rem; border-radius: .3rem; overflow: hidden; min-width: 12rem;
  background: var(--track); }
.bar span { display: block; height: 100%; }
.time { display: grid; grid-template-columns: minmax(8rem, 22rem) 1fr 6rem; gap: .35rem .8rem;
  align-items: center; }
.time .name { overflow-wrap: anywhere; }
.time .total { text-align: right; }
.changed { font-weight: 600; }
@media (max-width: 40rem) { body { padding: .7rem; font-size: 15px; }
  .time { grid-template-columns: 1fr 5rem; } .time .bar { grid-row: auto; grid-column: 1 / -1; }
  .time .total { grid-column: 2; grid-row: auto; } th, td { padding: .35rem .45rem; } }
@media print { .tools, .tip { display: none; } }
)css";
}

}  // namespace foresight
