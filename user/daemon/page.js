// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The status page while it is looked at: a plot, rates, and tables that stay fresh.
'use strict';
(() => {
	const KEEP = 300, LEAST = 60;	// samples, one a second; the plot's width is of at least so many
	const WIDTH = 900, HEIGHT = 200;
	const KINDS = [
		['sent', 'sent to backends', t => t.sent],
		['passed', 'passed', t => t.packets - t.sent - t.dropped],
		['dropped', 'dropped', t => t.dropped],
	];
	const samples = [];		// {at, rates: {sent, passed, dropped}}
	const SVG = 'http://www.w3.org/2000/svg';
	const byId = id => document.getElementById(id);
	const plot = byId('plot'), chart = plot.querySelector('svg'), legend = byId('legend');
	let last = null, rates = {}, shown = '';

	function short(n) {
		for (const unit of ['', ' k', ' M', ' G']) {
			if (n < 999.5 || unit === ' G')
				return (n < 10 && unit ? n.toFixed(1) : Math.round(n)) + unit;
			n /= 1000;
		}
	}

	function element(name, attributes, text) {
		const e = document.createElementNS(name === 'li' || name === 'b' ? 'http://www.w3.org/1999/xhtml' : SVG, name);
		for (const key in attributes)
			e.setAttribute(key, attributes[key]);
		if (text !== undefined)
			e.textContent = text;
		return e;
	}

	// 1, 2 or 5 times a power of ten
	function ceiling(n) {
		const power = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
		return [1, 2, 5, 10].map(f => f * power).find(f => f >= n);
	}

	function x(i) {
		return WIDTH - (samples.length - 1 - i) * WIDTH / (Math.max(LEAST, samples.length) - 1);
	}

	function path(kind, top) {
		const y = n => HEIGHT - 4 - n / top * (HEIGHT - 8);
		return samples.map((s, i) => `${i ? 'L' : 'M'}${x(i).toFixed(1)} ${y(s[kind]).toFixed(1)}`).join('');
	}

	function draw() {
		const top = ceiling(Math.max(10, ...samples.flatMap(s => KINDS.map(k => s[k[0]]))));
		const parts = [0, .5, 1].map(f => element('line', {
			class: 'grid', x1: 0, x2: WIDTH, y1: 4 + f * (HEIGHT - 8), y2: 4 + f * (HEIGHT - 8) }));
		for (const [kind] of KINDS) {
			const line = path(kind, top);
			parts.push(element('path', { class: `area ${kind}`, d: `${line}L${WIDTH} ${HEIGHT - 4}L${x(0).toFixed(1)} ${HEIGHT - 4}Z` }));
			parts.push(element('path', { class: kind, d: line }));
		}
		chart.replaceChildren(...parts);
		const now = samples[samples.length - 1];
		legend.replaceChildren(...KINDS.map(([kind, name]) => {
			const item = element('li', {}), mark = element('svg', { viewBox: '0 0 14 9' });
			mark.append(element('line', { class: kind, x1: 0, x2: 14, y1: 5, y2: 5, 'stroke-width': 3 }));
			item.append(mark, `${name} `, element('b', {}, `${short(now[kind])}/s`));
			return item;
		}), element('li', { class: 'top' }, `full height ${short(top)} packets/s, width ${Math.max(LEAST, samples.length)} s`));
		plot.hidden = false;
	}

	function count(status) {
		const t = status.totals, seconds = last ? (status.now_ms - last.now_ms) / 1000 : 0;
		if (last && seconds > 0) {
			const sample = {};
			for (const [kind, , of] of KINDS)
				sample[kind] = Math.max(0, (of(t) - of(last.totals)) / seconds);
			samples.push(sample);
			samples.splice(0, samples.length - KEEP);
			for (const name in status.reasons)
				rates[name] = Math.max(0, (status.reasons[name].packets - (last.reasons[name] || { packets: 0 }).packets) / seconds);
			draw();
		}
		if (!last || seconds > 0)
			last = status;
	}

	function fill() {
		for (const cell of document.querySelectorAll('[data-rate]')) {
			const rate = rates[cell.dataset.rate];
			cell.textContent = rate === undefined ? '' : `${short(rate)}/s`;
		}
	}

	async function renew() {
		const text = await (await fetch('/')).text();
		if (text === shown)
			return;
		shown = text;
		const fresh = new DOMParser().parseFromString(text, 'text/html');
		for (const id of ['tables', 'state'])
			byId(id).replaceWith(document.adoptNode(fresh.getElementById(id)));
	}

	let turn = 0;
	async function tick() {
		try {
			if (!document.hidden) {
				count(await (await fetch('/status.json')).json());
				if (turn++ % 3 === 0)
					await renew();
				fill();
				byId('seen').textContent = `· seen ${new Date().toLocaleTimeString()}`;
			}
		} catch (e) {
			byId('seen').textContent = '· no answer from sluiced';
		}
		setTimeout(tick, 1000);
	}
	tick();
})();
