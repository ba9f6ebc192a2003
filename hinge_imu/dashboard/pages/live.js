// Moves what moves on a page: the figure, the needle, the trace and the clocks of each card, told ten times a second.
"use strict";
window.hinge = (() => {
  const SHOWN_S = 10; // of a trace
  const HIGH_DEG = 60, LOW_DEG = -30; // the trace's height
  const RAD = Math.PI / 180;
  const kept = new Map();

  const along = (deg, length) => [length * Math.sin(deg * RAD), -length * Math.cos(deg * RAD)];
  const add = (a, b) => [a[0] + b[0], a[1] + b[1]];
  const at = (p) => p[0].toFixed(1) + " " + p[1].toFixed(1);
  const clock = (s) => Math.floor(s / 60) + ":" + String(Math.floor(s % 60)).padStart(2, "0");

  function figure(svg, pelvis, thorax) {
    const known = pelvis ?? thorax;
    if (known === null) return;
    const low = pelvis ?? known, high = thorax ?? known, back = Math.sin(Math.min(Math.max(low, 0), 90) * RAD);
    const foot = [52, 124], hip = [52 - 15 * back, 78 + 3 * back], knee = [57 - 3 * back, 101];
    const middle = (low + high) / 2;
    const neck = add(hip, along(middle, 46));
    const shoulder = add(hip, along(middle, 41));
    const draw = (name, d) => svg.querySelector(name).setAttribute("d", d);
    draw(".legs", `M${at(hip)} L${at(knee)} L${at(foot)} l9 0`);
    draw(".back", `M${at(hip)} C${at(add(hip, along(low, 20)))} ${at(add(neck, along(high, -20)))} ${at(neck)}`);
    draw(".arm", `M${at(shoulder)} l0 36`);
    const behind = along(low - 90, 5);
    draw(".stick", `M${at(add(add(hip, behind), along(low, -4)))} L${at(add(add(hip, behind), along(low, 60)))}`);
    const head = add(neck, along(high, 10));
    svg.querySelector(".head").setAttribute("cx", head[0].toFixed(1));
    svg.querySelector(".head").setAttribute("cy", head[1].toFixed(1));
    svg.classList.toggle("halved", pelvis === null || thorax === null);
  }

  function line(points, which, from) {
    let d = "", pen = false;
    for (const point of points) {
      const value = point[which];
      if (value === null) { pen = false; continue; }
      const y = 100 * (HIGH_DEG - Math.min(Math.max(value, LOW_DEG), HIGH_DEG)) / (HIGH_DEG - LOW_DEG);
      d += (pen ? "L" : "M") + (200 * (point[0] - from) / SHOWN_S).toFixed(1) + " " + y.toFixed(1);
      pen = true;
    }
    return d;
  }

  function trace(card, points) {
    const svg = card.querySelector(".trace");
    if (!svg) return;
    let all = kept.get(card.id) ?? [];
    if (all.length && points[0][0] < all[all.length - 1][0]) all = [];
    all = all.concat(points);
    const from = all[all.length - 1][0] - SHOWN_S;
    all = all.slice(Math.max(0, all.findIndex((point) => point[0] >= from)));
    kept.set(card.id, all);
    svg.querySelector(".line").setAttribute("d", line(all, 3, from));
  }

  function show(card, points) {
    const [, pelvis, thorax, spine] = points[points.length - 1];
    figure(card.querySelector(".figure"), pelvis, thorax);
    trace(card, points);
    const high = Number(card.dataset.high), low = Number(card.dataset.low);
    card.style.setProperty("--spine", spine === null ? 0 : Math.min(Math.max(spine, LOW_DEG), HIGH_DEG));
    card.classList.toggle("unknown", spine === null);
    card.classList.toggle("over", spine !== null && (spine > high || (spine < low && (thorax ?? 0) > 25)));
    const degrees = card.querySelector(".degrees");
    if (degrees) degrees.textContent = spine === null ? "–" : Math.round(spine) + "°";
  }

  function tell(updates) {
    for (const [id, points, ago, rest] of updates) {
      const card = document.getElementById(id);
      if (!card) continue;
      if (points.length) show(card, points);
      const told = card.querySelector(".ago"), resting = card.querySelector(".rest");
      if (told) told.textContent = ago === null ? "" : told.dataset.say.replace("#", ago);
      if (resting) resting.textContent = rest === null ? "" : clock(rest);
      card.classList.toggle("silent", ago !== null && ago > 5);
    }
  }

  let playing = 0;
  function play(id, points, speed) {
    const card = document.getElementById(id), turn = ++playing, began = performance.now();
    let next = 0;
    const step = (now) => {
      if (turn !== playing || !card.isConnected) return;
      const until = points[0][0] + speed * (now - began) / 1000, first = next;
      while (next < points.length && points[next][0] <= until) next++;
      if (next > first) show(card, points.slice(first, next));
      card.dataset.played = next;
      if (next < points.length) requestAnimationFrame(step);
    };
    kept.delete(id);
    if (points.length) requestAnimationFrame(step);
  }

  return { tell, play, stop: () => { playing++; } };
})();
