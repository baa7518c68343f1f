// What leaves the desk: looked at once more, then saved as one file.

function resultPage() {
  const { desk, found, threads, work } = session;
  const ready = threads.filter((thread) => isReady(thread, decisionOf(work, thread)));
  const drafts = threads.filter((thread) => !thread.isWithdrawn && (decisionOf(work, thread).question.trim() || decisionOf(work, thread).reply.trim()));
  const finish = canFinish(desk, threads, work) && !work.leaves;
  const isTicked = (id) => Boolean(document.getElementById(id)?.checked);
  const make = async () => {
    const wanted = { ...session, closing: isTicked("closing"), isFinal: isTicked("final") };
    checkResult(wanted);
    const report = showProgress("result.making");
    try {
      const made = await makeResult(wanted, report);
      await keepAfter(made.after);
      showInstead(() => resultMadePage(made));
    } catch (problem) {
      showInstead(resultPage);
      throw problem;
    }
  };
  return {
    title: t("result.title"),
    body: [
      p("result.what"),
      facts(
        [t("result.release"), String(ready.length)],
        [t("result.messages"), String(drafts.length)],
        [t("result.cells"), String(found.receipts.size)],
        [t("result.round"), t(isClosed(desk) ? "result.closed" : "result.open")],
      ),
      p("result.groups", { least: GROUP_LEAST }),
      found.doubts.length > 0 ? p("result.doubts", { count: found.doubts.length }) : null,
      ready.length > 0 ? h("ul", { class: "rows" }, ready.map((thread) => releaseRow(thread))) : null,
      isClosed(desk) ? tick("closing", "result.closing", "result.closing_more") : null,
      finish ? tick("final", "result.final", "result.final_more") : null,
      work.leaves ? p("result.final_made") : null,
      acts(button("result.make", trying(make))),
    ],
  };
}

const tick = (id, label, more) =>
  h("div", { class: "pick" }, h("input", { type: "checkbox", id }), h("label", { for: id }, t(label), h("span", { class: "hint" }, t(more))));

const releaseRow = (thread) =>
  h("li", {},
    h("p", {}, aboutRef(thread.comment.ref), " ", tagOf(thread)),
    PARTS.filter((part) => decisionOf(session.work, thread).public?.[part]).map((part) => h("p", { class: "lines", lang: thread.comment.language, dir: "auto" }, cleaned(decisionOf(session.work, thread).public[part]))));

// The refs given now stay, should the file be lost and made again; the rest of the work is as it was until main took the result.
async function keepAfter(after) {
  for (const [key, decision] of Object.entries(after.decisions)) {
    if (session.work.decisions[key]) session.work.decisions[key].ref = decision.ref;
  }
  if (after.leaves) session.work.leaves = after.leaves;
  changed();
  await saveNow();
}

const resultMadePage = (made) => ({
  title: t("result.made_title"),
  back: false,
  body: [
    p("result.made", { released: made.released }),
    saveButton("result.save", `result-${session.desk.consultation}-${String(made.number).padStart(6, "0")}.signed`, made.text),
    p("result.then"),
    acts(button("item.list", trying(toOverview), { second: true })),
  ],
});
