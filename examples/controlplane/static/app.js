"use strict";
// The page works without this script: it is a form and links. The script keeps
// the page up to date, moves the slider, and points at moments in charts.

const policy = window.trustedTypes?.createPolicy("page", {createHTML: (s) => s}); // what the server rendered, where all values are text
const parse = (html) => {
	const t = document.createElement("template");
	t.innerHTML = policy ? policy.createHTML(html) : html;
	return t.content;
};
const $ = (selector, root = document) => root.querySelector(selector);

const controls = $("#controls"), slider = $("#at"), play = $("#play"), rows = $("#rows"), connection = $("#connection");
let playing = play.getAttribute("aria-pressed") === "true";
let follows = !new URLSearchParams(location.search).has("at"); // the newest page, whatever comes
let source, shown = "";

// morph makes one element like another and keeps what did not change, so that
// focus, open details and a pointed-at chart stay.
function morph(from, to) {
	for (const a of [...from.attributes]) if (!to.hasAttribute(a.name) && !own.has(a.name)) from.removeAttribute(a.name);
	for (const a of to.attributes) if (from.getAttribute(a.name) !== a.value && !own.has(a.name)) from.setAttribute(a.name, a.value);
	if (from.classList.contains("readout") || from.classList.contains("cursor")) return;
	const olds = [...from.childNodes], news = [...to.childNodes];
	news.forEach((n, i) => {
		const o = olds[i];
		if (!o) from.append(n);
		else if (o.nodeType !== n.nodeType || o.nodeName !== n.nodeName || o.id !== n.id) o.replaceWith(n);
		else if (n.nodeType === Node.ELEMENT_NODE) morph(o, n);
		else if (o.data !== n.data) o.data = n.data;
	});
	olds.slice(news.length).forEach((o) => o.remove());
}
const own = new Set(["open", "tabindex", "role", "aria-valuenow", "aria-valuemin", "aria-valuemax", "aria-valuetext"]);

function query(at) {
	const q = new URLSearchParams();
	if (at !== undefined) q.set("at", at);
	for (const name of ["range", "show", "find"]) if (controls.elements[name].value) q.set(name, controls.elements[name].value);
	if (!playing) q.set("pause", "1");
	return q;
}

function address() {
	history.replaceState(null, "", "?" + query(follows && playing ? undefined : slider.value));
}

// show puts a message of the server on the page.
function show(m) {
	slider.min = m.first; slider.max = m.last;
	if (document.activeElement !== slider || playing) slider.value = m.now;
	shown = m.now;
	$("#previous").href = m.previous;
	$("#next").href = m.next;
	const list = m.rows.split(" ").filter(Boolean);
	for (const s of [...rows.children]) if (!list.includes(s.id.slice(4))) s.remove();
	let before = null;
	for (const id of list) {
		let s = document.getElementById("row-" + id);
		if (!s) {
			s = document.createElement("section");
			s.id = "row-" + id;
			before ? before.after(s) : rows.prepend(s);
		}
		before = s;
	}
	const pointed = [...document.querySelectorAll(".plot.pointed")].map((p) => [p, p.dataset.x]);
	for (const [id, html] of Object.entries(m.parts)) {
		const to = parse(html).firstElementChild, from = document.getElementById(id);
		if (from) morph(from, to);
	}
	document.body.dataset.now = m.now;
	address();
	for (const [plot, x] of pointed) if (plot.isConnected) point(plot, x);
}

function say(text) { connection.textContent = text; }

// listen follows the server from the moment shown, or the newest.
function listen() {
	source?.close();
	if (!playing) return;
	source = new EventSource("/events?" + query(follows ? undefined : slider.value));
	source.onmessage = (e) => { say(""); show(JSON.parse(e.data)); };
	source.addEventListener("end", () => { source.close(); pause(true); });
	source.onerror = () => say("The program does not answer; this is what it said last.");
}

async function jump() {
	const wanted = slider.value;
	const answer = await fetch("/fragments?" + query(wanted)).catch(() => null);
	if (!answer?.ok) return say("The program does not answer; this is what it said last.");
	const m = await answer.json();
	say("");
	if (slider.value === wanted) show(m); // else it moved on
}

function pause(on) {
	playing = !on;
	play.textContent = on ? "Play" : "Pause";
	play.setAttribute("aria-pressed", String(!on));
	address();
}

play.hidden = false;
$("#apply").hidden = true;
play.addEventListener("click", () => {
	pause(playing);
	if (playing && Number(slider.value) >= Number(slider.max)) {
		follows = document.body.dataset.recording !== "true";
		if (!follows) slider.value = slider.min; // from the beginning again
	}
	listen();
});
slider.addEventListener("input", () => { follows = false; source?.close(); pause(true); jump(); });
controls.addEventListener("submit", (e) => { e.preventDefault(); change(); });
controls.addEventListener("change", (e) => { if (e.target !== slider) change(); });
controls.elements.find.addEventListener("input", () => change());
async function change() { source?.close(); await jump(); listen(); }
for (const a of document.querySelectorAll(".step")) a.addEventListener("click", (e) => {
	e.preventDefault();
	follows = false;
	source?.close();
	pause(true);
	slider.value = new URLSearchParams(a.search).get("at");
	jump();
});
document.addEventListener("keydown", (e) => {
	if (e.target.closest("input, select, button, textarea, summary, a, .plot") || e.altKey || e.ctrlKey || e.metaKey) return;
	const to = {" ": play, ArrowLeft: $("#previous"), ArrowRight: $("#next")}[e.key];
	if (to) { e.preventDefault(); to.click(); }
});

// Charts: the pointer or the arrow keys choose a moment, and its line of the
// table below is read out.
function lines(plot) { return [...plot.closest(".panel").querySelectorAll(".numbers tbody tr")]; }

function point(plot, x) {
	const all = lines(plot);
	if (!all.length) return;
	let best = 0;
	all.forEach((l, i) => { if (Math.abs(l.dataset.x - x) < Math.abs(all[best].dataset.x - x)) best = i; l.classList.remove("at"); });
	const line = all[best], keys = [...plot.closest(".panel").querySelectorAll(".numbers thead th")].slice(1);
	line.classList.add("at");
	const text = line.cells[0].textContent + "  " + keys.map((k, i) => k.textContent + " " + line.cells[i + 1].textContent).join(" · ");
	$(".readout", plot).textContent = text;
	$(".cursor", plot).setAttribute("d", "M" + line.dataset.x + " 8V162");
	plot.classList.add("pointed");
	plot.dataset.x = line.dataset.x;
	plot.setAttribute("aria-valuenow", best);
	plot.setAttribute("aria-valuemax", all.length - 1);
	plot.setAttribute("aria-valuetext", text);
}

function unpoint(plot) {
	plot.classList.remove("pointed");
	$(".readout", plot).textContent = "";
	lines(plot).forEach((l) => l.classList.remove("at"));
}

function upgrade(root) {
	for (const plot of root.querySelectorAll(".plot:not([tabindex])")) {
		plot.tabIndex = 0;
		plot.setAttribute("role", "slider");
		plot.setAttribute("aria-label", $("svg", plot).getAttribute("aria-label"));
		plot.setAttribute("aria-valuemin", 0);
		plot.setAttribute("aria-valuemax", Math.max(0, lines(plot).length - 1));
		plot.setAttribute("aria-valuenow", Math.max(0, lines(plot).length - 1));
	}
}
const at = (plot, clientX) => {
	const box = $("svg", plot).getBoundingClientRect();
	return (clientX - box.left) / box.width * 480;
};
rows.addEventListener("pointermove", (e) => {
	const plot = e.target.closest(".plot");
	if (plot) point(plot, at(plot, e.clientX));
});
rows.addEventListener("pointerout", (e) => {
	const plot = e.target.closest(".plot");
	if (plot && !plot.contains(e.relatedTarget)) unpoint(plot);
});
rows.addEventListener("focusin", (e) => { if (e.target.matches(".plot")) point(e.target, 1e9); });
rows.addEventListener("focusout", (e) => { if (e.target.matches(".plot")) unpoint(e.target); });
rows.addEventListener("keydown", (e) => {
	if (!e.target.matches(".plot")) return;
	const all = lines(e.target), i = Number(e.target.getAttribute("aria-valuenow"));
	const to = {ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: all.length - 1}[e.key];
	if (to === undefined || !all[to]) return;
	e.preventDefault();
	point(e.target, all[to].dataset.x);
});
new MutationObserver(() => upgrade(rows)).observe(rows, {childList: true, subtree: true});

// A number shows what it rests on when it is pointed at, as when it is pressed.
// What was opened by pointing closes when the pointer leaves.
let waiting, pointed;
rows.addEventListener("mouseover", (e) => {
	const b = e.target.closest(".number, .warns");
	clearTimeout(waiting);
	if (b) waiting = setTimeout(() => {
		const about = document.getElementById(b.getAttribute("popovertarget"));
		if (!about || about.matches(":popover-open")) return;
		about.showPopover({source: b});
		pointed = about;
	}, 450);
	else if (pointed && !e.target.closest(".about")) waiting = setTimeout(() => {
		pointed?.hidePopover();
		pointed = undefined;
	}, 350);
});
rows.addEventListener("mousedown", () => { pointed = undefined; });
rows.addEventListener("click", async (e) => {
	const a = e.target.closest("a.explain");
	if (!a) return;
	e.preventDefault();
	const answer = await fetch(a.href).catch(() => null);
	$("#explanation pre").textContent = answer?.ok ? await answer.text() : "The program does not answer.";
	$("#explanation").showModal();
});

upgrade(rows);
listen();
