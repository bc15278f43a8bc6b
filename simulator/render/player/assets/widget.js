// The widget of a notebook: a frame with the page. Its questions go to the kernel, whose answers come back to the frame.

const kept = (name, type, bytes) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], {type}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

export default {
  render({model, el}) {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.title = model.get("title");
    frame.style.cssText = `width:100%;height:${model.get("height")}px;border:0`;
    frame.srcdoc = model.get("html");

    const ask = ({source, data}) => {
      if (source !== frame.contentWindow || !["ask", "cancel"].includes(data?.["asha-sim"])) return;
      model.send({kind: data["asha-sim"], id: data.id, what: data.what, names: data.names});
    };
    const answer = ({id, ok, type, name}, [content]) => {
      if (name && ok) kept(name, type, content);
      else frame.contentWindow?.postMessage({"asha-sim": "answer", id, ok, text: new TextDecoder().decode(content)}, "*");
    };
    addEventListener("message", ask);
    model.on("msg:custom", answer);
    el.append(frame);
    return () => {
      removeEventListener("message", ask);
      model.off("msg:custom", answer);
    };
  },
};
