import { byId, element, icon } from '../shared/dom.js';
import { language, number, text } from '../shared/strings.js';
import { milliseconds } from '../frame/format.js';
import UPlot from '../libraries/uplot/uplot.js';

const HEIGHT = 180;
const SECOND = 1_000;

/** What is plotted of each point, and how it is told. `isTime` is a mean of milliseconds, the others are sums. */
const PLOTS = [
  { name: 'requests', colour: '--accent', value: (point) => point.requests },
  { name: 'tokens', colour: '--accent', value: (point) => point.promptTokens + point.completionTokens },
  { name: 'errors', colour: '--danger', value: (point) => point.failures },
  { name: 'first', colour: '--warn', value: (point) => point.firstTokenMs, isTime: true },
];

/** The plots, and beside each of them the same in words and as a table. */
export class Plots {
  #plots = PLOTS.map((kind) => new Plot(kind));
  #isShown = false;

  constructor() {
    byId('plots').replaceChildren(...this.#plots.map((plot) => plot.element));
  }

  /**
   * @param {{enabled?: boolean, failed?: boolean, points?: object[]}|null} series `null` for who may not see it.
   * @param {'hour'|'day'|'month'} span
   */
  show(series, span) {
    byId('plots-part').hidden = series === null;
    if (series === null) {
      return;
    }

    const word = series.failed ? 'plots.failed' : !series.enabled ? 'plots.off' : null;
    byId('plots-word').hidden = word === null;
    byId('plots-word').textContent = word ? text(word) : '';
    byId('plots').hidden = word !== null;
    byId('spans').hidden = series.enabled === false;
    this.#isShown = word === null;
    if (this.#isShown) {
      this.#plots.forEach((plot) => plot.show(series.points, span));
    }
  }

  /** Again, in other colours. */
  draw() {
    if (this.#isShown) {
      this.#plots.forEach((plot) => plot.draw());
    }
  }
}

class Plot {
  #kind;
  #place = element('div', { className: 'plot-canvas', 'aria-hidden': 'true' });
  #summary = element('p', { className: 'plot-summary muted' });
  #rows = element('tbody');
  #plot = null;
  #points = [];
  #span = 'hour';

  constructor(kind) {
    this.#kind = kind;
    const name = text(`plot.${kind.name}`);
    const table = element('table', {}, element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, text('plot.time')), element('th', { scope: 'col' }, name))), this.#rows);
    const details = element('details', { className: 'plot-table' }, element('summary', {}, text('plot.table'), icon('down')), element('div', { className: 'table', tabIndex: 0, role: 'region', 'aria-label': name }, table));
    details.addEventListener('toggle', () => this.#fillTable());
    this.details = details;
    this.element = element('figure', { className: 'plot' }, element('figcaption', {}, element('h3', {}, name), this.#summary), this.#place, details);
    new ResizeObserver(() => this.#plot?.setSize({ width: this.#place.clientWidth, height: HEIGHT })).observe(this.#place);
  }

  show(points, span) {
    [this.#points, this.#span] = [points, span];
    this.#summary.textContent = this.#words();
    this.#fillTable();
    if (this.#plot) {
      this.#plot.setData(this.#data());
    } else {
      this.draw();
    }
  }

  draw() {
    this.#plot?.destroy();
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => resolved(style.getPropertyValue(name));
    const [line, ink, grid] = [colour(this.#kind.colour), colour('--muted'), colour('--grid')];
    const axis = { stroke: ink, font: '12px system-ui, sans-serif', grid: { stroke: grid, width: 1 }, ticks: { show: false } };
    this.#plot = new UPlot(
      {
        width: this.#place.clientWidth,
        height: HEIGHT,
        padding: [10, 26, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false } },
        hooks: { setCursor: [({ cursor }) => this.#tell(cursor.idx)] },
        scales: { x: { time: true }, y: { range: (plot, min, max) => [0, Math.max(this.#kind.isTime ? 100 : 4, (max ?? 0) * 1.1)] } },
        axes: [
          { ...axis, space: 70, size: 30, values: (plot, times) => times.map((time) => this.#axisTime(time * SECOND)) },
          { ...axis, size: 64, incrs: this.#kind.isTime ? undefined : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 1e8, 1e9], values: (plot, values) => values.map((value) => this.#short(value)) },
        ],
        series: [{}, {
          stroke: line,
          width: 2,
          fill: this.#kind.isTime ? undefined : line.replace('rgb(', 'rgba(').replace(')', ', 0.16)'),
          paths: this.#kind.isTime ? undefined : UPlot.paths.stepped({ align: 1 }),
          points: this.#kind.isTime ? { show: true, size: 5, fill: line } : { show: false },
          spanGaps: false,
        }],
      },
      this.#data(),
      this.#place,
    );
  }

  #data() {
    const times = this.#points.map((point) => Date.parse(point.from) / SECOND);
    const values = this.#points.map((point) => this.#kind.value(point));
    // What is not over yet would have no width.
    const end = times.at(-1) + (times.at(-1) - times.at(-2));
    return [[...times, end], [...values, this.#kind.isTime ? null : values.at(-1)]];
  }

  #words() {
    const known = this.#points.map((point) => ({ at: point.from, value: this.#kind.value(point) })).filter(({ value }) => value !== null && value > 0);
    if (known.length === 0) {
      return text('plot.summary.none');
    }

    const most = known.reduce((one, other) => (other.value > one.value ? other : one));
    const whenMost = this.#time(Date.parse(most.at));
    const sum = known.reduce((total, { value }) => total + value, 0);
    return this.#kind.isTime
      ? text('plot.summary.time', { average: milliseconds(this.#mean()), most: milliseconds(most.value), when: whenMost })
      : text('plot.summary', { total: number(sum), most: number(most.value), when: whenMost });
  }

  /** Of all requests, as far as the parts tell: one with many counts for as many. */
  #mean() {
    const timed = this.#points.filter((point) => this.#kind.value(point) > 0);
    const count = timed.reduce((total, { requests }) => total + requests, 0);
    return timed.reduce((total, point) => total + this.#kind.value(point) * point.requests, 0) / count;
  }

  /** What is under the pointer, in place of the whole. */
  #tell(index) {
    const point = this.#points[index];
    this.#summary.textContent = point ? `${this.#time(Date.parse(point.from))}: ${this.#told(this.#kind.value(point))}` : this.#words();
  }

  #told(value) {
    return value === null ? '–' : this.#kind.isTime ? milliseconds(value) : number(value);
  }

  /** Nobody reads a table that is closed. */
  #fillTable() {
    if (this.details.open) {
      this.#rows.replaceChildren(...this.#points.toReversed().map((point) => {
        return element('tr', {}, element('th', { scope: 'row' }, this.#time(Date.parse(point.from))), element('td', {}, this.#told(this.#kind.value(point))));
      }));
    }
  }

  #time(ms) {
    return (this.#span === 'month' ? DAY : MOMENT).format(ms);
  }

  #axisTime(ms) {
    return (this.#span === 'month' ? DAY : CLOCK).format(ms);
  }

  #short(value) {
    return this.#kind.isTime ? milliseconds(value) : SHORT.format(value);
  }
}

// Days are those of UTC.
const DAY = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const CLOCK = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' });
const MOMENT = new Intl.DateTimeFormat(language, { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const SHORT = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });

/** A colour as a canvas takes it: `light-dark()` is for elements only. */
function resolved(colour) {
  const probe = element('span', { hidden: true });
  probe.style.color = colour;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
